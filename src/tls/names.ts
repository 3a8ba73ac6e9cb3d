/** The names and addresses of this machine, as a certificate spells them. */

const DNS_NAME = /^(?!-)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/;
const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;

/** Whether a canonical name is an IP address. */
export function isAddress(name: string): boolean {
  return IPV4.test(name) || name.includes(":");
}

/**
 * The canonical spelling of a name: lower case, no brackets, IPv6 compressed (RFC 5952).
 * Undefined for names that a certificate cannot contain: IPv6 with a zone, the unspecified address, other characters.
 */
export function canonicalName(name: string): string | undefined {
  const bare = name.toLowerCase().replace(/^\[|\]$/g, "").replace(/\.$/, "");
  if (/[\s/?#@%\\]/.test(bare)) return undefined;
  if (bare.includes(":")) {
    const address = URL.parse(`http://[${bare}]/`)?.hostname.slice(1, -1);
    return address === undefined || address === "::" ? undefined : address;
  }
  if (IPV4.test(bare)) return bare === "0.0.0.0" ? undefined : URL.parse(`http://${bare}/`)?.hostname;
  const host = URL.parse(`http://${bare}/`)?.hostname ?? "";
  return DNS_NAME.test(host) && host.length <= 253 ? host : undefined;
}

/** Whether a CA may sign a name: a host name within one of its zones (RFC 5280 section 4.2.1.10), or any address. */
export function isPermitted(name: string, zones: readonly string[] | undefined): boolean {
  return zones === undefined || isAddress(name) || zones.some((zone) => name === zone || name.endsWith(`.${zone}`));
}

/** Options of `listNames()`. */
export interface NamesOptions {
  /** Names that the machine itself does not know, such as the host of `public_url`. */
  readonly extra?: readonly string[];
  readonly hostname?: () => string;
  readonly interfaces?: () => readonly { readonly address: string }[];
}

/**
 * Every name that a browser may use for this machine: localhost, the loopback addresses, the host name and its `.local`
 * (mDNS) form, the address of each interface except link-local IPv6, and `extra`. Sorted, without duplicates.
 */
export function listNames(
  { extra = [], hostname = Deno.hostname, interfaces = Deno.networkInterfaces }: NamesOptions = {},
): string[] {
  const host = hostname().toLowerCase();
  const short = host.split(".", 1)[0]!;
  const hosts = host === "localhost" || short === "" ? [] : [host, short, `${short}.local`];
  const addresses = interfaces().map(({ address }) => address).filter((address) => !/^fe[89ab].:/i.test(address));
  const all = ["localhost", "127.0.0.1", "::1", ...hosts, ...addresses, ...extra].map(canonicalName);
  return [...new Set(all.filter((name) => name !== undefined))].sort();
}
