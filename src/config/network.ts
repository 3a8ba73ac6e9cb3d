import { BlockList, isIP } from "node:net";

/** A set of addresses: single ones and CIDR ranges. */
export interface NetworkList {
  /** Whether the address is in it; an IPv4 address counts also in its IPv6-mapped form. False for anything else. */
  has(ip: string): boolean;
}

/**
 * Whether the text is an address or a CIDR range that createNetworkList() takes.
 * @throws SyntaxError with a sentence.
 */
export function parseNetwork(text: string): string {
  const [ip = "", bits, ...rest] = text.split("/");
  const family = isIP(ip);
  if (family === 0 || ip.includes("%") || rest.length > 0) {
    throw new SyntaxError(`must be an address or a range such as 10.0.0.0/8 or fd00::/8, not ${JSON.stringify(text)}`);
  }
  const most = family === 4 ? 32 : 128;
  if (bits !== undefined && (!/^\d{1,3}$/.test(bits) || Number(bits) > most)) {
    throw new SyntaxError(`must have a prefix length from 0 to ${most}, not ${JSON.stringify(bits)}`);
  }
  return text;
}

/**
 * The set that these addresses and CIDR ranges make.
 * @throws SyntaxError when one is neither.
 */
export function createNetworkList(networks: readonly string[]): NetworkList {
  const list = new BlockList();
  for (const network of networks) {
    const [ip = "", bits] = parseNetwork(network).split("/");
    const family = nameFamily(ip);
    list.addSubnet(ip, Number(bits ?? (family === "ipv4" ? 32 : 128)), family);
  }
  return { has: (ip) => isIP(ip) !== 0 && list.check(ip.replace(/%.*$/, ""), nameFamily(ip)) };
}

function nameFamily(ip: string): "ipv4" | "ipv6" {
  return isIP(ip) === 4 ? "ipv4" : "ipv6";
}
