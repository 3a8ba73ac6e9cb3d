/** The browser or program that sent a request, directly or through trusted proxies. */
import ipaddr from "ipaddr.js";

/** What a browser sent, after undoing the changes that trusted proxies report in their headers. */
export interface Peer {
  /** In canonical form; IPv4-mapped IPv6 addresses are written as IPv4. */
  readonly address: string;
  /** "https://host:port" that the browser used. */
  readonly origin: string;
  /** Path prefix that the proxy removed: "", or "/prefix" without a trailing slash. */
  readonly prefix: string;
  /** Whether the request came through a trusted proxy. */
  readonly proxied: boolean;
}

/** An address in canonical form: `::ffff:127.0.0.1` is 127.0.0.1. Text that is not an address is unchanged. */
function normalizeAddress(address: string): string {
  try {
    return ipaddr.process(address).toString();
  } catch {
    return address;
  }
}

/** What limits treat as one address: an IPv4 address, or an IPv6 /64 network, which is the usual size for one home. */
export function groupAddress(address: string): string {
  if (!ipaddr.IPv6.isValid(address)) return address;
  const parsed = ipaddr.process(address);
  if (parsed.kind() === "ipv4") return parsed.toString();
  const network = parsed.toByteArray().map((byte, at) => at < 8 ? byte : 0);
  return `${ipaddr.fromByteArray(network).toString()}/64`;
}

/** Makes a test for addresses within the given addresses and CIDR ranges. */
export function createRangeTest(ranges: readonly string[]): (address: string) => boolean {
  const parsed = ranges.map((range) =>
    ipaddr.parseCIDR(range.includes("/") ? range : `${range}/${range.includes(":") ? 128 : 32}`)
  );
  return (address) => {
    if (!ipaddr.isValid(address)) return false;
    const candidate = ipaddr.process(address);
    return parsed.some(([network, bits]) => candidate.kind() === network.kind() && candidate.match(network, bits));
  };
}

/**
 * Reads X-Forwarded-For, -Proto, -Host and -Prefix of a trusted proxy; ignores those of anyone else.
 *
 * X-Forwarded-For is read from its right end: the first address that is not a trusted proxy is the viewer's.
 */
export function findPeer(request: Request, remote: string, isTrusted: (address: string) => boolean): Peer {
  const url = new URL(request.url);
  const direct = normalizeAddress(remote);
  if (!isTrusted(direct)) return { address: direct, origin: url.origin, prefix: "", proxied: false };
  const { headers } = request;
  const hops = (headers.get("x-forwarded-for") ?? "").split(",").map((hop) => normalizeAddress(hop.trim()));
  const address = hops.reverse().find((hop) => ipaddr.isValid(hop) && !isTrusted(hop)) ?? direct;
  const scheme = headers.get("x-forwarded-proto") === "https" || url.protocol === "https:" ? "https" : "http";
  const host = headers.get("x-forwarded-host") ?? url.host;
  const prefix = headers.get("x-forwarded-prefix") ?? "";
  return {
    address,
    origin: isHost(host) ? new URL(`${scheme}://${host}`).origin : url.origin,
    prefix: /^(\/[\w.~-]+)+\/?$/.test(prefix) ? prefix.replace(/\/$/, "") : "",
    proxied: true,
  };
}

function isHost(text: string): boolean {
  return /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/i.test(text);
}
