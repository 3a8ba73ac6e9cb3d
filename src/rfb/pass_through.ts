/** What noVNC 1.7 speaks by itself; the rest needs the gateway. */
import { PREFERENCE } from "./choose.ts";

/** None, VNC Authentication, RA2ne, Tight, XVP, Apple DH, MS-Logon II. */
const browserTypes: ReadonlySet<number> = new Set([1, 2, 6, 16, 22, 30, 113]);
const VENCRYPT = 19;
const PLAIN = 256;

/** Who can speak one of the offered types. */
export type Speaker = "browser" | "gateway" | "nobody";

/**
 * Who has to carry out the handshake with a source that offers `types`, and inside VeNCrypt `subtypes`, when they are
 * known. The browser comes first: it can, where the gateway need not know the secret.
 */
export function chooseSpeaker(types: readonly number[], subtypes?: readonly number[]): Speaker {
  if (keepBrowserTypes(types, subtypes).length > 0) return "browser";
  if (types.includes(VENCRYPT) && subtypes === undefined) return "gateway";
  const all = [...types, ...subtypes ?? []];
  return PREFERENCE.some(({ code }) => all.includes(code)) ? "gateway" : "nobody";
}

/**
 * The offered types that a browser may be handed. noVNC takes the first that it knows, so VeNCrypt, of which it
 * speaks only Plain, must not hide a type that works.
 */
export function keepBrowserTypes(types: readonly number[], subtypes: readonly number[] = []): number[] {
  const inner = subtypes.some((code) => code === PLAIN || browserTypes.has(code));
  return types.filter((code) => browserTypes.has(code) || code === VENCRYPT && inner);
}
