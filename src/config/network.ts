/** Ranges of IP addresses, and proxies. */
import { isIP } from "node:net";

/**
 * An IP address or a CIDR range, unchanged.
 * @throws SyntaxError with a sentence.
 */
export function parseNetwork(text: string): string {
  const [ip = "", bits, ...rest] = text.split("/");
  const family = isIP(ip);
  if (family === 0 || ip.includes("%") || rest.length > 0) {
    throw new SyntaxError(
      `must be an IP address or a range such as 10.0.0.0/8 or fd00::/8, not ${JSON.stringify(text)}`,
    );
  }
  const maxBits = family === 4 ? 32 : 128;
  if (bits !== undefined && (!/^\d{1,3}$/.test(bits) || Number(bits) > maxBits)) {
    throw new SyntaxError(`must have a prefix length from 0 to ${maxBits}, not ${JSON.stringify(bits)}`);
  }
  return text;
}

/**
 * A proxy: an IP address, a CIDR range, or `unix` for connections over the unix socket that the gateway listens on.
 * @throws SyntaxError with a sentence.
 */
export function parseProxy(text: string): string {
  return text === "unix" ? text : parseNetwork(text);
}
