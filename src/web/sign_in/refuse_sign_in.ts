import type { Context } from "hono";
import { asPortholeError, FAILURES } from "../../errors.ts";
import type { Env } from "../env.ts";
import { noteEvent } from "../note_event.ts";
import { wantsPage } from "../page_props.ts";
import { answerProblem } from "../problem.tsx";

/** Shows a page with what was wrong. */
type Show = (message: string, status: 401 | 429) => Response | Promise<Response>;

/**
 * Answers a refused attempt: with the page that `show` makes, or with a problem where no page is wanted or it would not
 * help.
 *
 * @throws PortholeError internal, which the app's error handler logs.
 */
export async function refuseSignIn(
  c: Context<Env>,
  thrown: unknown,
  { name = "", show }: { name?: string; show: Show },
): Promise<Response> {
  const error = asPortholeError(thrown);
  const { status } = FAILURES[error.code];
  noteEvent(c, { event: "refused", who: name.slice(0, 64) || undefined, what: c.req.path, outcome: error.code });
  if (error.code === "internal") throw error;
  c.var.telemetry.metrics.refused(error.code);
  if (!wantsPage(c) || (status !== 401 && status !== 429)) return await answerProblem(c, error);
  if (error.retryAfterMs !== undefined) c.header("Retry-After", String(Math.ceil(error.retryAfterMs / 1000)));
  return await show(error.message, status);
}
