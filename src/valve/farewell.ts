/** Says goodbye to viewers before their connections end, and waits until they have gone. */
import { delay } from "@std/async/delay";
import { PortholeError } from "../errors.ts";

/** A session, as far as its end is concerned. */
export interface Leaving {
  readonly user: { readonly address: string };
  readonly viewer: { readonly isGone: boolean };
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
 * Ends the sessions with this reason; resolves when all viewers have gone, after `ANSWER_MS` at most, or when it is urgent.
 * Returns the sessions whose viewers did not answer.
 */
export async function sayFarewell<Session extends Leaving>(
  sessions: readonly Session[],
  { code, message }: Farewell,
  isUrgent: () => boolean = () => false,
): Promise<Session[]> {
  const reason = new PortholeError(code, message, { retryAfterMs: RETURN_MS });
  for (const session of sessions) session.end(reason);
  const endMs = performance.now() + ANSWER_MS;
  const list = () => sessions.filter(({ viewer }) => !viewer.isGone);
  while (list().length > 0 && performance.now() < endMs && !isUrgent()) await delay(LOOK_EVERY_MS);
  return list();
}
