/** Forms as they are posted. */
import type { Context } from "hono";
import type { Env } from "./env.ts";

/** The texts of a form; files and repeated fields count as nothing. */
export async function readForm(c: Context<Env>): Promise<(name: string) => string> {
  const type = c.req.header("content-type") ?? "";
  const isForm = /^(application\/x-www-form-urlencoded|multipart\/form-data)\b/i.test(type);
  const body = isForm ? await c.req.parseBody().catch(() => ({})) : {};
  const fields = new Map(Object.entries(body));
  return (name) => {
    const value = fields.get(name);
    return typeof value === "string" ? value : "";
  };
}
