/** Posted forms. */
import type { Context } from "hono";
import type { Env } from "./env.ts";

/** Returns a field's text by its name; "" for a missing field, a file, or a repeated field. */
export type Fields = (name: string) => string;

/** Reads a form; a body that is not a valid form has no fields. */
export async function readForm(c: Context<Env>): Promise<Fields> {
  const type = c.req.header("content-type") ?? "";
  const isForm = /^(application\/x-www-form-urlencoded|multipart\/form-data)\b/i.test(type);
  const body = isForm ? await c.req.parseBody().catch(() => ({})) : {};
  const fields = new Map(Object.entries(body));
  return (name) => {
    const value = fields.get(name);
    return typeof value === "string" ? value : "";
  };
}
