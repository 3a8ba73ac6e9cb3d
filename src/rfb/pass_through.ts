/** Decides who speaks a source's security types: noVNC in the browser, or the gateway. */
import { refuseOffer } from "./choose.ts";
import type { Need } from "./refusal.ts";
import type { Inside, SecurityList, SecurityType } from "./security/security_type.ts";
import { findType, listAsked, listSpoken, SECURITY_TYPES } from "./security/table.ts";

/** Who can speak one of the offered types. */
export type Speaker = "browser" | "gateway" | "nobody";

const { vencrypt } = SECURITY_TYPES;

/**
 * Who carries out the handshake with a source that offers `types` and, inside VeNCrypt, `subtypes`, if they are known.
 * The browser comes first: if it speaks one of them, the gateway need not know the secret.
 */
export function chooseSpeaker(types: readonly number[], subtypes?: readonly number[]): Speaker {
  if (keepBrowserTypes(types, subtypes).length > 0) return "browser";
  const outer = listSpoken(types, "rfb").filter((type) => type !== vencrypt || subtypes === undefined);
  const inner = listSpoken(subtypes ?? [], vencrypt.holds);
  return outer.length + inner.length > 0 ? "gateway" : "nobody";
}

/**
 * The offered types that the browser may see. noVNC takes the first one that it knows, so VeNCrypt, of whose subtypes
 * it speaks only Plain, must not hide a type that works.
 */
export function keepBrowserTypes(types: readonly number[], subtypes: readonly number[] = []): number[] {
  const inner = subtypes.some((code) => isInBrowser(code, vencrypt.holds));
  return types.filter((code) => isInBrowser(code, "rfb") && (code !== vencrypt.code || inner));
}

/** The offered types without those that noVNC can speak in a secure context only (W3C Secure Contexts). */
export function dropSecureTypes(types: readonly number[]): number[] {
  return types.filter((code) => {
    const type = findType(code, "rfb");
    return !(type && "needsSecureContext" in type);
  });
}

/** The type that noVNC takes from an offer: the first of those that it gets to see. */
export function predictBrowser(types: readonly number[]): SecurityType | undefined {
  const [code] = keepBrowserTypes(types);
  return code === undefined ? undefined : findType(code, "rfb");
}

/**
 * The credentials that noVNC asks the user for, if it takes this type, with what is `inside` where that is known.
 *
 * @throws {LoginRefused} `no_type` if noVNC speaks nothing inside.
 */
export function findBrowserNeeds(type: SecurityType, inside?: Inside): readonly Need[] {
  if (inside?.container !== type || inside.codes.length === 0) return "needs" in type ? type.needs : [];
  // Inside Tight, noVNC prefers the lowest code.
  const inner = inside.codes.filter((code) => isInBrowser(code, inside.container.holds)).sort((a, b) => a - b)[0];
  if (inner === undefined) throw refuseOffer(inside.codes, [inside.container]);
  return listAsked(findType(inner, inside.container.holds)!);
}

function isInBrowser(code: number, list: SecurityList): boolean {
  return Boolean(findType(code, list)?.watch);
}
