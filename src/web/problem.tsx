/** Errors as answers: application/problem+json (RFC 9457) for programs, a page for browsers. */
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { FAILURES, type PortholeError } from "../errors.ts";
import type { Env } from "./env.ts";
import { ErrorPage } from "./pages/error.tsx";

/** Answers with the error's status, in the form that the request accepts. */
export function answerProblem(c: Context<Env>, error: PortholeError): Response | Promise<Response> {
  const { status: listed, title } = FAILURES[error.code];
  const status = (listed ?? 500) as ContentfulStatusCode;
  if (error.retryAfterMs !== undefined) c.header("Retry-After", String(Math.ceil(error.retryAfterMs / 1000)));
  c.header("Cache-Control", "no-store");
  if (wantsPage(c)) {
    const nonce = c.get("secureHeadersNonce" as never) as string | undefined;
    const base = c.var.base ?? "/";
    return c.html(
      <ErrorPage basePath={base} status={status} title={title} message={error.message} nonce={nonce ?? ""} />,
      status,
    );
  }
  const problem = { type: "about:blank", title, status, detail: error.message, code: error.code };
  return c.body(JSON.stringify(problem), status, { "Content-Type": "application/problem+json" });
}

/** A browser that navigates names text/html first; programs name JSON or nothing. */
function wantsPage(c: Context<Env>): boolean {
  return /\btext\/html\b/.test(c.req.header("accept") ?? "");
}
