/** The values that pages take from the request. */
import type { Context } from "hono";
import type { Env } from "./env.ts";
import type { PageProps } from "./layout.tsx";

/** Base path, nonce and, where somebody signed in, the user. */
export function readPageProps(c: Context<Env>): PageProps {
  const nonce = (c.get("secureHeadersNonce" as never) as string | undefined) ?? "";
  const identity = c.var.identity;
  const user = identity && identity.by !== "open" ? { name: identity.name } : undefined;
  return { basePath: c.var.base ?? "/", nonce, ...(user && { user }) };
}

/** Whether the sender wants a page: a browser that navigates accepts text/html, programs ask for JSON or nothing. */
export function wantsPage(c: Context<Env>): boolean {
  return /\btext\/html\b/.test(c.req.header("accept") ?? "");
}

/** The path below the base path with its query, to return to after a sign-in. */
export function readOwnPath(c: Context<Env>): string {
  const { search } = new URL(c.req.url);
  return c.req.path + search;
}
