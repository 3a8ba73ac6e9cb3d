/** The Host check: under which names the gateway may be reached (against DNS rebinding). */
import { isIP } from "node:net";
import type { Gateway } from "../config/config.ts";
import { PortholeError } from "../errors.ts";

/** Suffixes of names that only the local network has, so that no stranger's DNS server answers for them. */
const PRIVATE_ENDS = [
  // Reserved for local networks: RFC 6761, RFC 6762, RFC 8375, and ICANN's resolution of 2024 on internal.
  ...[".localhost", ".test", ".local", ".home.arpa", ".internal"],
  // Kept out of public DNS because networks use them (RFC 6762 appendix G), or defaults of systems and routers.
  ...[".lan", ".home", ".corp", ".intranet", ".private", ".localdomain"],
  // Answered by home routers. box is public, but fritz.box belongs to the maker of the router; ip is not in public DNS.
  ...[".fritz.box", ".speedport.ip"],
];

interface HostCheck {
  /** The origin that the browser used. */
  origin: string;
  gateway: Pick<Gateway, "publicUrl" | "allowedHosts" | "allowedOrigins">;
  /** The machine's own name. */
  ownName?: string | undefined;
}

/**
 * Accepts addresses, names without a dot, private names, the machine's own name and the configured names.
 *
 * DNS rebinding needs a name that the attacker's DNS server answers for. Addresses and names that public DNS does not
 * know are not such names.
 *
 * @throws PortholeError host_refused.
 */
export function checkHost({ origin, gateway, ownName }: HostCheck): void {
  const host = new URL(origin).hostname.replace(/\.$/, "");
  if (isIP(host.replace(/^\[|\]$/g, "")) !== 0 || !host.includes(".")) return;
  if (host === ownName?.toLowerCase() || PRIVATE_ENDS.some((end) => host.endsWith(end))) return;
  if (host === gateway.publicUrl?.hostname || gateway.allowedHosts.includes(host)) return;
  if (gateway.allowedOrigins.some((allowed) => new URL(allowed).hostname === host)) return;
  throw new PortholeError(
    "host_refused",
    `This gateway does not serve ${host}: add it as public_url or to allowed_hosts`,
  );
}
