/** Errors as answers: application/problem+json (RFC 9457) for programs, a page for browsers. */
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { FAILURES, type PortholeError } from "../errors.ts";
import type { Env } from "./env.ts";
import { readOwnPath, readPageProps, wantsPage } from "./page_props.ts";
import { ErrorPage } from "./error_page.tsx";
import { showSignIn } from "./sign_in/routes.tsx";

/** Answers with the error's status, in the form that the request accepts. */
export function answerProblem(c: Context<Env>, error: PortholeError): Response | Promise<Response> {
  const { status: listed, title } = FAILURES[error.code];
  const status = (listed ?? 500) as ContentfulStatusCode;
  if (error.retryAfterMs !== undefined) c.header("Retry-After", String(Math.ceil(error.retryAfterMs / 1000)));
  c.header("Cache-Control", "no-store");
  if (error.code === "sign_in_required") c.header("WWW-Authenticate", 'Bearer realm="Porthole"');
  if (wantsPage(c)) {
    if (error.code === "sign_in_required" && c.req.method === "GET") {
      return showSignIn(c, { next: readOwnPath(c) }, 401);
    }
    return c.html(<ErrorPage {...readPageProps(c)} status={status} title={title} message={error.message} />, status);
  }
  const problem = { type: "about:blank", title, status, detail: error.message, code: error.code };
  return c.body(JSON.stringify(problem), status, { "Content-Type": "application/problem+json" });
}
