import type { Address, Config } from "./config/config.ts";

const ANY_HOST = new Set(["0.0.0.0", "::", "[::]"]);

/**
 * The address at which users open the gateway: the one it listens on if that is a single address, else `public_url`,
 * else this machine's address in its network.
 */
export function describeUrl({ gateway }: Config, bound: Address, secure: boolean): string {
  if (bound.kind === "unix") return gateway.publicUrl?.href ?? `unix:${bound.path}`;
  const isAny = ANY_HOST.has(bound.hostname);
  if (isAny && gateway.publicUrl) return gateway.publicUrl.href;
  const host = isAny ? findLanAddress() : bound.hostname;
  const bracketed = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  return `${secure ? "https" : "http"}://${bracketed}:${bound.port}${gateway.basePath}`;
}

function findLanAddress(): string {
  const isLan = ({ family, address }: Deno.NetworkInterfaceInfo) => family === "IPv4" && !address.startsWith("127.");
  return Deno.networkInterfaces().find(isLan)?.address ?? "127.0.0.1";
}
