/** Names of sources. */
import { quote } from "./problem.ts";

/** The pattern of source names. */
export const SOURCE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Why a name cannot be the name of a source. */
export function explainName(name: string): string {
  return `has an invalid name, ${quote(name)}: use 1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit`;
}
