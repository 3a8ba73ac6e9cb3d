/** Why a connection ended, in a sentence, and what helps: errors.ts as the page shows it. Pure. */
import { type Bare, type ErrorCode, explainCloseCode, type Failure, FAILURES, isErrorCode } from "../errors.ts";
import type { Down } from "../side_channel/messages.ts";

/** What the user can do about the end of a connection; `again` is another try from this page. */
export type Remedy = "again" | "connect" | "reload" | "sign_in" | "take_back";

/** The end of one connection, as the page shows it. */
export interface Ending {
  /** A whole sentence. */
  readonly sentence: string;
  /** Whether a later attempt can succeed without a change. */
  readonly retry: boolean;
  readonly remedy: Remedy;
  /** Shortest wait, if the gateway named one. */
  readonly retryAfterMs?: number;
  /** Whether the gateway is back at once, or in a moment. */
  readonly isMomentary?: boolean;
}

/** Codes for which another try from this page does not help. */
const REMEDIES: { readonly [Code in ErrorCode]?: Remedy } = {
  viewer_left: "connect",
  sign_in_required: "sign_in",
  taken_over: "take_back",
  text_refused: "reload",
  viewer_malformed: "reload",
};

/** Codes after which the gateway, or the screen, is back at once or in a moment. */
const MOMENTARY: ReadonlySet<ErrorCode> = new Set(["draining", "source_changed", "certificate_renewed"]);

/** The ending when the user disconnected. */
export const LEFT: Ending = explainCode("viewer_left", "");

/** The ending when a WebSocket did not open although the gateway would admit it: perhaps it was away for a moment. */
export const NOT_OPENED: Ending = describe("The connection to the gateway could not be opened", true);

/** The ending when that has happened twice in a row. */
export const UPGRADE_LOST: Ending = describe(
  "The proxy in front does not pass WebSockets on: it must forward the request headers Upgrade and Connection to " +
    "the gateway, over HTTP/1.1",
  false,
);

/** The ending when the gateway keeps a session no longer, but may open another at once. */
export const GONE: Ending = { ...explainClose(1006, ""), isMomentary: true };

/** The ending in the gateway's goodbye. */
export function explainGoodbye({ code, close, message, retry, retry_after_ms }: Down<"goodbye">): Ending {
  const ending = isErrorCode(code) ? explainCode(code, message) : explainClose(close, message);
  const isMomentary = isErrorCode(code) && MOMENTARY.has(code) && retry_after_ms === undefined;
  return { ...ending, retry: retry && ending.retry, ...wait(retry_after_ms), ...(isMomentary ? { isMomentary } : {}) };
}

/** The ending in a close frame. The browser reports 1006 when the connection was lost or never opened. */
export function explainClose(close: number, reason: string): Ending {
  const code = findCode((failure) => failure.close === close);
  return code === undefined ? describeBare(explainCloseCode(close), reason) : explainCode(code, reason);
}

/** The answer to a question to the gateway, which a proxy in front may have answered instead. */
export interface Answer {
  readonly status: number;
  /** Whether it leads elsewhere, which a page may not follow: to a sign-in page. */
  readonly redirects: boolean;
  /** The body, if it is an object: a problem of the gateway (RFC 9457). */
  readonly problem: Readonly<Record<string, unknown>>;
  /** The header Retry-After. */
  readonly retryAfter: string | null;
}

/** The ending in an answer that is not a success. Only the gateway's own answers have a code. */
export function explainAnswer({ status, redirects, problem, retryAfter }: Answer, nowMs = Date.now()): Ending {
  if (redirects) return explainCode("sign_in_required", "");
  const { code, detail } = problem;
  if (typeof code !== "string") return { ...explainProxy(status), ...wait(readRetryAfter(retryAfter, nowMs)) };
  // Without a credential the gateway only asks for one; this page knows that there was one.
  const reason = typeof detail === "string" && code !== "sign_in_required" ? detail : "";
  const known = isErrorCode(code) ? code : findCode((failure) => failure.status === status);
  const ending = known === undefined
    ? describe(reason || `Status ${status}`, status >= 500)
    : explainCode(known, reason);
  return { ...ending, ...wait(readRetryAfter(retryAfter, nowMs)) };
}

/** The ending when nothing answers. */
export function explainSilence(isOnline: boolean): Ending {
  return describe(isOnline ? "The gateway is away: it does not answer" : "This device is offline", true);
}

/** What a status means that does not come from the gateway. Proxies answer 404 or 5xx for a gateway that is down. */
function explainProxy(status: number): Ending {
  if (status === 401) return explainCode("sign_in_required", "");
  if (status === 403) {
    return { ...describe("The proxy in front refuses this browser (status 403)", false), remedy: "reload" };
  }
  if (status === 429) return describe("The proxy in front is limiting requests at the moment", true);
  if (status < 300) return describe("The gateway is away: something else answers at its address", true);
  return describe(`The gateway is away: the proxy in front answers with status ${status}`, true);
}

function explainCode(code: ErrorCode, reason: string): Ending {
  return { ...describeBare(FAILURES[code], reason), remedy: REMEDIES[code] ?? "again" };
}

function describeBare({ sentence, retry }: Bare, reason: string): Ending {
  return describe(reason || sentence, retry);
}

function describe(sentence: string, retry: boolean): Ending {
  return { sentence: endSentence(sentence), retry, remedy: "again" };
}

/** The first code whose row matches: the general row of a number comes before the specific ones. */
function findCode(matches: (failure: Failure) => boolean): ErrorCode | undefined {
  return (Object.keys(FAILURES) as ErrorCode[]).find((code) => matches(FAILURES[code]));
}

function wait(retryAfterMs: number | undefined): Pick<Ending, "retryAfterMs"> {
  return retryAfterMs === undefined ? {} : { retryAfterMs };
}

const DAY_MS = 24 * 60 * 60_000;

/** Milliseconds that Retry-After asks for: seconds, or a date (RFC 9110 section 10.2.3). At most a day. */
function readRetryAfter(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1_000 : Date.parse(header) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(DAY_MS, Math.max(0, ms));
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
