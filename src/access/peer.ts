/** The browser or program that sent a request, directly or through trusted proxies. */
import ipaddr from "ipaddr.js";
import { type Forwarded, readForwarded, UNIX } from "./forwarded.ts";

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
  /** The other end of the connection: the browser itself, or a proxy. */
  readonly via: string;
  /** What trusted proxies say; absent without one. */
  readonly told?: Forwarded;
}

/** How to find the peer. */
export interface PeerOptions {
  /** The other end of the connection: an address, or "unix". */
  readonly remote: string;
  readonly isTrusted: (address: string) => boolean;
  readonly publicUrl?: URL | undefined;
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

/** Makes a test for addresses within the given addresses and CIDR ranges; "unix" stands for unix sockets. */
export function createRangeTest(ranges: readonly string[]): (address: string) => boolean {
  const parsed = ranges.filter((range) => range !== UNIX).map((range) =>
    ipaddr.parseCIDR(range.includes("/") ? range : `${range}/${range.includes(":") ? 128 : 32}`)
  );
  return (address) => {
    if (!ipaddr.isValid(address)) return address === UNIX && ranges.includes(UNIX);
    const candidate = ipaddr.process(address);
    return parsed.some(([network, bits]) => candidate.kind() === network.kind() && candidate.match(network, bits));
  };
}

/** Finds who sent a request. The headers of a trusted proxy count; those of anyone else are ignored. */
export function findPeer(request: Request, { remote, isTrusted, publicUrl }: PeerOptions): Peer {
  const url = new URL(request.url);
  const via = normalizeAddress(remote);
  const proxied = isTrusted(via);
  const told = proxied ? readForwarded(request.headers, via, isTrusted) : undefined;
  const { address, scheme, host = url.host, port, prefix }: Forwarded = told ?? { address: via, prefix: "" };
  // The browser wrote the port of the host; a proxy may know only its own, which another device maps.
  const authority = port === undefined || /:\d+$/.test(host) ? host : `${host}:${port}`;
  const origin = findOrigin(url, scheme, authority, publicUrl);
  return { address, origin, prefix, proxied, via, ...(told && { told }) };
}

/** Where no proxy tells the scheme, a host that is that of `public_url` was reached there, which is behind a proxy. */
function findOrigin(url: URL, scheme: string | undefined, authority: string, publicUrl: URL | undefined): string {
  if (scheme === undefined && url.protocol === "http:" && publicUrl) {
    if (URL.parse(`${publicUrl.protocol}//${authority}`)?.host === publicUrl.host) return publicUrl.origin;
  }
  return URL.parse(`${scheme ?? url.protocol.slice(0, -1)}://${authority}`)?.origin ?? url.origin;
}

/**
 * Whether others may have the same address: it is that of this machine, or of a trusted proxy that did not say who sent
 * the request.
 */
export function sharesAddress({ address, proxied, via }: Pick<Peer, "address" | "proxied" | "via">): boolean {
  return address === UNIX || isThisMachine(address) || proxied && address === via;
}

/** Whether the gateway's pages are secure contexts in this browser (W3C Secure Contexts): over HTTPS, or on its machine. */
export function isSecureContext({ origin }: Pick<Peer, "origin">): boolean {
  const { protocol, hostname } = new URL(origin);
  return protocol === "https:" || isThisMachine(hostname);
}

/** Whether a host of a URL, or an address, is the machine on which it is used. */
export function isThisMachine(host: string): boolean {
  const address = host.replace(/^\[|\]$/g, "");
  if (ipaddr.isValid(address)) return ipaddr.process(address).range() === "loopback";
  return host === "localhost" || host.endsWith(".localhost");
}
