/** Errors as responses: application/problem+json (RFC 9457) for programs, a page for browsers. */
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { explainHost, explainOrigin } from "../access/explain_refusal.ts";
import { asPortholeError, type ErrorCode, FAILURES, PortholeError } from "../errors.ts";
import type { Env } from "./env.ts";
import { ErrorPage } from "./error_page.tsx";
import { SIGN_IN_FIRST } from "./guards.ts";
import { readLoggedPath } from "./logged_path.ts";
import { noteEvent } from "./note_event.ts";
import { readOwnPath, readPageProps, wantsPage } from "./page_props.ts";
import type { Problem } from "./problem_schema.ts";
import { showSignIn } from "./sign_in/show_sign_in.tsx";

/** Answers with the error that a route or guard threw, and counts it. */
export function answerError(thrown: Error, c: Context<Env>): Response | Promise<Response> {
  const error = asPortholeError(thrown);
  const { log, metrics } = c.var.telemetry;
  metrics.refused(error.code);
  noteRefusal(c, error);
  if (error.code === "internal") log.error("Request failed", { path: readLoggedPath(c), cause: String(error.cause) });
  return answerProblem(c, error);
}

/** Answers an address without a route. */
export function answerNotFound(c: Context<Env>): Response | Promise<Response> {
  return answerProblem(c, new PortholeError("not_found", "There is nothing at this address"));
}

/** Refusals that concern permissions; a mistyped address does not. */
const NOTED: ReadonlySet<ErrorCode> = new Set(["not_allowed", "origin_refused", "host_refused", "limit_reached"]);

function noteRefusal(c: Context<Env>, { code, message }: PortholeError): void {
  // A first visit without any credential is no event; an invalid credential is.
  if (!NOTED.has(code) && (code !== "sign_in_required" || message === SIGN_IN_FIRST)) return;
  if (c.var.peer) {
    noteEvent(c, { event: "refused", what: readLoggedPath(c), outcome: code, detail: warnOfRefusal(c, code) });
  }
}

/** Logs which origin or host was refused, and why that may be a mistake; returns it for the audit log. */
function warnOfRefusal(c: Context<Env>, code: ErrorCode): string | undefined {
  const explain = EXPLANATIONS[code];
  if (!explain) return undefined;
  const { peer, config, telemetry } = c.var;
  const { came, expected, hint } = explain(c.req.raw, peer, config.gateway);
  telemetry.warnRarely(FAILURES[code].title, peer.address, { came, expected, hint });
  return `${came}, expected ${expected}: ${hint}`;
}

const EXPLANATIONS: Partial<Record<ErrorCode, typeof explainOrigin>> = {
  origin_refused: explainOrigin,
  host_refused: explainHost,
};

/** Answers with the error, and neither counts nor logs it. */
export function answerProblem(c: Context<Env>, error: PortholeError): Response | Promise<Response> {
  const { status: listed, title } = FAILURES[error.code];
  const status = (listed ?? 500) as ContentfulStatusCode;
  if (error.retryAfterMs !== undefined) c.header("Retry-After", String(Math.ceil(error.retryAfterMs / 1000)));
  c.header("Cache-Control", "no-store");
  if (error.code === "sign_in_required") c.header("WWW-Authenticate", 'Bearer realm="Porthole"');
  if (wantsPage(c)) {
    // A page would need further responses.
    if (error.code === "busy") return c.text(`${title}. ${error.message}.\n`, status);
    if (error.code === "sign_in_required" && c.req.method === "GET") {
      return showSignIn(c, { next: readOwnPath(c) }, 401);
    }
    const hasWayOn = error.code !== "host_refused" && error.code !== "headers_too_large";
    const texts = { status, title, message: error.message, hasWayOn };
    return c.html(<ErrorPage {...readPageProps(c)} {...texts} />, status);
  }
  const problem: Problem = { type: "about:blank", title, status, detail: error.message, code: error.code };
  return c.body(JSON.stringify(problem), status, { "Content-Type": "application/problem+json" });
}
