/** The `auth` section as it is written, and what it becomes. Sign-in methods, when they exist, are checked here. */
import { z } from "zod";
import type { Auth } from "./config.ts";
import { choose, isMapping } from "./fields.ts";

/** `none`, or a mapping of sign-in methods, kept as it was written. */
export const authSchema = choose<Auth>((written) => {
  if (isMapping(written)) return z.unknown().transform((raw): Auth => ({ mode: "methods", raw }));
  return written === "none"
    ? z.unknown().transform((): Auth => ({ mode: "none" }))
    : "must be none, or a mapping of sign-in methods";
});
