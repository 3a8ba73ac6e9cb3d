/** The schema of secrets, and the check for exactly one of several keys. */
import type { z } from "zod";
import { choose, type Complaint, isMapping, parsed, section, text } from "./fields.ts";

const secretReference = section(
  { env: parsed(parseVariableName).optional(), file: text().optional() },
  (written) => checkOne(written, ["env", "file"], "must have either env or file"),
);

/**
 * A secret: text, `{ env: NAME }` or `{ file: PATH }`. Any other mapping may be a password in braces without quotes, so
 * the message does not repeat its keys.
 */
export const secretSchema = choose<string | z.output<typeof secretReference>>((written) => {
  if (!isMapping(written)) return text();
  return hasKey(written, "env") || hasKey(written, "file")
    ? secretReference
    : "must be { env: NAME }, { file: PATH } or text in quotes";
});

/** A complaint unless exactly one of these keys is used. */
export function checkOne(
  written: Readonly<Record<string, unknown>>,
  keys: readonly string[],
  message: string,
): Complaint[] {
  return keys.filter((key) => hasKey(written, key)).length === 1 ? [] : [{ path: [], message, at: "key" }];
}

/** Whether the key has a value. */
export function hasKey(written: Readonly<Record<string, unknown>>, key: string): boolean {
  return Object.hasOwn(written, key) && written[key] !== undefined;
}

function parseVariableName(name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new SyntaxError("must be the name of an environment variable");
  return name;
}
