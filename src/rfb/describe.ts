/** Names of security types for users; nothing in the protocol depends on them. */
import { findVendor } from "./security/advice.ts";
import type { Inside, SecurityList, SecurityType } from "./security/security_type.ts";
import { findType, SECURITY_TYPES } from "./security/table.ts";

/** The largest code of the Security message, a U8: VeNCrypt's own subtypes come after it. */
const LARGEST_RFB_CODE = 255;

/** The name of the type that `code` means in `list`: "X509Plain"; "type 31 (Apple)" or "type 99" where it is unknown. */
export function nameType(code: number, list: SecurityList): string {
  const vendor = list === "rfb" ? findVendor(code)?.vendor : undefined;
  return findType(code, list)?.name ?? (vendor ? `type ${code} (${vendor})` : `type ${code}`);
}

/** Nested types, the outermost first, as one name: "VeNCrypt X509Plain". */
export function nameTypes(path: readonly SecurityType[]): string {
  return path.map(({ name }) => name).join(" ");
}

/** The offer of a source in one line: "VeNCrypt X509Plain, RSA-AES-256" for `[19, 129]` with `[262]` inside type 19. */
export function describeOffer(types: readonly number[], inside?: Inside): string {
  const { container, codes = [] } = inside ?? {};
  const inner = codes.filter((code) => container !== SECURITY_TYPES.vencrypt || code > LARGEST_RFB_CODE);
  return types.flatMap((code) =>
    code === container?.code && inner.length > 0
      ? inner.map((innerCode) => `${container.name} ${nameType(innerCode, container.holds)}`)
      : [nameType(code, "rfb")]
  ).join(", ");
}
