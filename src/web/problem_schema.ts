/** An error as programs get it. */
import { z } from "zod";
import { type ErrorCode, FAILURES } from "../errors.ts";

/** Every error code. */
export const codeSchema = z.enum(Object.keys(FAILURES) as [ErrorCode, ...ErrorCode[]]);

/** RFC 9457, with Porthole's code. */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string().describe("The kind of error, in a few words"),
  status: z.int().describe("The HTTP status"),
  detail: z.string().describe("What went wrong, as a sentence"),
  code: codeSchema,
}).meta({ id: "Problem", description: "An error (RFC 9457)" });

/** The body of an error. */
export type Problem = z.output<typeof problemSchema>;
