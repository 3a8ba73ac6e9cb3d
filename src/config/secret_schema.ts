/** Secrets as they are written, and the check that one of several keys stands. */
import { z } from "zod";
import { choose, type Complaint, isMapping, parsed, section, text } from "./fields.ts";

const secretReference = section(
  { env: parsed(parseVariableName).optional(), file: text().optional() },
  (written) => checkOne(written, ["env", "file"], "must have either env or file"),
);

/**
 * A secret: a text, `{ env: NAME }` or `{ file: PATH }`; resolved when the configuration is loaded. Any other mapping may
 * be a password in braces without quotes: its keys are not repeated.
 */
export const secretSchema = choose<string | z.output<typeof secretReference>>((written) => {
  if (!isMapping(written)) return text();
  return hasKey(written, "env") || hasKey(written, "file")
    ? secretReference
    : "must be { env: NAME }, { file: PATH } or text in quotes";
});

/** Complains unless exactly one of these keys is there. */
export function checkOne(
  written: Readonly<Record<string, unknown>>,
  keys: readonly string[],
  message: string,
): Complaint[] {
  return keys.filter((key) => hasKey(written, key)).length === 1 ? [] : [{ path: [], message, at: "key" }];
}

/** Whether the key was written with a value. */
export function hasKey(written: Readonly<Record<string, unknown>>, key: string): boolean {
  return Object.hasOwn(written, key) && written[key] !== undefined;
}

function parseVariableName(name: string): string {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new SyntaxError("must name an environment variable");
  return name;
}
