/** JSON bodies and queries that programs send, checked by their schemas. */
import type { Context } from "hono";
import type { z } from "zod";
import { PortholeError } from "../errors.ts";
import type { Env } from "./env.ts";

/**
 * Checks a value that came with the request; the schema's messages are worded to follow "Invalid request: ".
 *
 * @throws PortholeError bad_request, with the first thing that is wrong.
 */
export function parseRequest<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new PortholeError("bad_request", `Invalid request: ${explain(result.error)}`);
}

/** Reads a JSON body; an empty one is {}, which means every default. @throws PortholeError bad_request */
export async function readJsonBody(c: Context<Env>): Promise<unknown> {
  const text = await c.req.text();
  try {
    return text === "" ? {} : JSON.parse(text);
  } catch {
    throw new PortholeError("bad_request", "The request body is not valid JSON");
  }
}

function explain({ issues }: z.ZodError): string {
  const [issue] = issues;
  if (issue?.code === "unrecognized_keys") return `unknown field ${issue.keys.join(", ")}`;
  return issue?.message ?? "it does not match the schema";
}
