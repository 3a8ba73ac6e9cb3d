/** Why a connection ended, in a sentence, and whether a retry can help: errors.ts as the page shows it. Pure. */
import { closeCodeOf, explainCloseCode, FAILURES, findCloseCode } from "../errors.ts";
import type { Down } from "../side_channel/messages.ts";

/** The end of one connection, as the page shows it. */
export interface Ending {
  /** WebSocket close code (RFC 6455 section 7.4); 0 for a failure that only this page saw. */
  readonly close: number;
  /** A whole sentence. */
  readonly sentence: string;
  /** Whether a later attempt can succeed. */
  readonly retry: boolean;
  /** Shortest wait, if the gateway named one. */
  readonly retryAfterMs?: number;
}

/** The ending when the user disconnected. */
export const LEFT: Ending = {
  close: closeCodeOf("viewer_left"),
  sentence: endSentence(FAILURES.viewer_left.sentence),
  retry: false,
};

/** The ending in the gateway's goodbye. */
export function explainGoodbye({ close, message, retry, retry_after_ms }: Down<"goodbye">): Ending {
  const ending = explainClose(close, message);
  return {
    ...ending,
    retry: retry && ending.retry,
    ...(retry_after_ms === undefined ? {} : { retryAfterMs: retry_after_ms }),
  };
}

/** The ending in a close frame. The browser reports 1006 when the connection was lost or never opened. */
export function explainClose(close: number, reason: string): Ending {
  const { sentence, retry } = explainCloseCode(close);
  return { close, sentence: endSentence(reason || sentence), retry };
}

/**
 * The ending in an HTTP response; null when the status explains nothing. 500, 502 and 504 may come from a proxy in front
 * of a gateway that is down, so they explain nothing.
 */
export function explainStatus(status: number, detail: string): Ending | null {
  const close = status < 500 || status === 503 ? findCloseCode(status) : undefined;
  return close === undefined ? null : explainClose(close, detail);
}

/** "Next try in 3 s", or now. */
export function describeWait(waitMs: number): string {
  const seconds = Math.ceil(waitMs / 1_000);
  return seconds <= 0 ? "Trying again now" : `Next try in ${seconds} s`;
}

/** The text with a full stop, unless it ends like a sentence already. */
export function endSentence(text: string): string {
  const trimmed = text.trim();
  return /[.!?…]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
