import { isIP } from "node:net";

/**
 * An address or a CIDR range, as it was written.
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
