/** Why a connection ended, in a sentence, and whether waiting can mend it. Pure. */
import type { Goodbye } from "./messages.ts";

/** The end of one connection, as the person is told it. */
export interface Ending {
  /** WebSocket close code (RFC 6455 section 7.4); 0 for what only this page saw fail. */
  readonly close: number;
  /** A whole sentence. */
  readonly sentence: string;
  /** Whether the same try can succeed later. */
  readonly retry: boolean;
  /** The least time to wait, when the gateway named one. */
  readonly retryAfterMs?: number;
}

/** Close codes that waiting does not mend: see the table of close codes in the README. */
const FINAL_CODES: ReadonlySet<number> = new Set([1003, 4400, 4401, 4403, 4404, 4408, 4410, 4511]);

/** What a close code means when nobody said more. */
const SENTENCES: ReadonlyMap<number, string> = new Map([
  [1000, "The source closed the connection"],
  [1001, "The gateway is going away"],
  [1003, "The gateway did not expect this kind of message"],
  [1006, "The connection to the gateway was lost"],
  [1008, "The gateway let this viewer go because it was too fast or too slow"],
  [1009, "A message was too large for the gateway"],
  [1011, "Something went wrong inside the gateway"],
  [1012, "The gateway is restarting"],
  [1013, "The gateway is too busy right now"],
  [4400, "The gateway could not understand this page"],
  [4401, "Please sign in again"],
  [4403, "You may not open this source"],
  [4404, "There is no such source"],
  [4408, "The session ended because nothing was typed or clicked for too long"],
  [4410, "This source was removed"],
  [4429, "Too many sessions are open right now"],
  [4502, "The VNC server cannot be reached"],
  [4504, "The VNC server took too long to answer"],
  [4511, "The VNC server refused the login"],
]);

/** The end as the gateway's goodbye tells it. */
export function explainGoodbye(goodbye: Goodbye): Ending {
  return {
    close: goodbye.close,
    sentence: endSentence(goodbye.message || lookUpSentence(goodbye.close)),
    retry: goodbye.retry && !FINAL_CODES.has(goodbye.close),
    ...(goodbye.retryAfterMs === undefined ? {} : { retryAfterMs: goodbye.retryAfterMs }),
  };
}

/** The end as a bare close frame tells it; 1006 is a connection that just vanished, or never came up. */
export function explainClose(close: number, reason: string): Ending {
  return { close, sentence: endSentence(reason || lookUpSentence(close)), retry: !FINAL_CODES.has(close) };
}

/** HTTP statuses that stand for a close code, for an upgrade that failed before there was a WebSocket. */
const STATUS_CODES: ReadonlyMap<number, number> = new Map([
  [400, 4400],
  [401, 4401],
  [403, 4403],
  [404, 4404],
  [410, 4410],
  [429, 4429],
  [503, 1012],
]);

/** The end as an HTTP answer tells it; null when the status explains nothing. */
export function explainStatus(status: number, detail: string): Ending | null {
  const close = STATUS_CODES.get(status);
  return close === undefined ? null : explainClose(close, detail);
}

/** "Next try in 3 s", or now. */
export function describeWait(waitMs: number): string {
  const seconds = Math.ceil(waitMs / 1_000);
  return seconds <= 0 ? "Trying again now" : `Next try in ${seconds} s`;
}

function lookUpSentence(close: number): string {
  return SENTENCES.get(close) ?? `The connection ended (code ${close})`;
}

/** The text with a full stop, unless it ends like a sentence already. */
export function endSentence(text: string): string {
  const trimmed = text.trim();
  return /[.!?…]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
