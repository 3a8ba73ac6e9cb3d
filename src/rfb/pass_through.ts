/** Decides who speaks a source's security types: noVNC in the browser, or the gateway. */
import type { SecurityList } from "./security/security_type.ts";
import { findType, listSpoken, SECURITY_TYPES } from "./security/table.ts";

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

function isInBrowser(code: number, list: SecurityList): boolean {
  return Boolean(findType(code, list)?.watch);
}
