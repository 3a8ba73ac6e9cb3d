/**
 * Says goodbye to viewers before their connections end, and waits until they have gone. A viewer that can return hears
 * nothing: it loses its connection, and comes back to its session on another one.
 */
import { delay } from "@std/async/delay";
import { PortholeError } from "../errors.ts";

/** A session, as far as its end is concerned. */
export interface Leaving {
  readonly user: { readonly address: string };
  readonly viewer: { readonly isGone: boolean; readonly canReturn: boolean; readonly isHeld: boolean };
  end(reason: PortholeError): void;
}

/** What viewers are told. */
export interface Farewell {
  readonly code: "overloaded" | "certificate_renewed";
  readonly message: string;
}

/** How long pages have for their answer. */
const ANSWER_MS = 700;
/** Pages come back after this: when the server that they leave has gone, so that none of them meets it again. */
const RETURN_MS = 800;
const LOOK_EVERY_MS = 20;

/**
 * Ends the sessions with this reason, except those of viewers that can return; resolves when their viewers have gone,
 * after `ANSWER_MS` at most, or when it is urgent. Returns the ended sessions whose viewers did not answer.
 */
export async function sayFarewell<Session extends Leaving>(
  sessions: readonly Session[],
  { code, message }: Farewell,
  isUrgent: () => boolean = () => false,
): Promise<Session[]> {
  const reason = new PortholeError(code, message, { retryAfterMs: RETURN_MS });
  const leaving = sessions.filter(({ viewer }) => !viewer.canReturn);
  for (const session of leaving) session.end(reason);
  const endMs = performance.now() + ANSWER_MS;
  const list = () => leaving.filter(({ viewer }) => !viewer.isGone);
  while (list().length > 0 && performance.now() < endMs && !isUrgent()) await delay(LOOK_EVERY_MS);
  return list();
}
