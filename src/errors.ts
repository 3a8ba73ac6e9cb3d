/**
 * The table of all failures, with HTTP status, WebSocket close code and sentence. No other module chooses these numbers.
 * The gateway and the viewer page both import this module; it is pure.
 */

/** A row of the table. */
export interface Failure {
  /** HTTP status (RFC 9110) when the request alone decides; null when it can only happen after the upgrade. */
  readonly status: number | null;
  /** WebSocket close code (RFC 6455 section 7.4); null when it can only happen before the upgrade. */
  readonly close: number | null;
  /** Whether trying again later, unchanged, can succeed. */
  readonly retry: boolean;
  /** What happened, in a few words, for pages and application/problem+json (RFC 9457). */
  readonly title: string;
  /** What happened, for a user when the page knows only the number; without a full stop. */
  readonly sentence: string;
}

const RETRY = true;
const FINAL = false;

/**
 * Order matters: if a page knows only a close code or an HTTP status, it uses the sentence and `retry` of the first row
 * with that number. So the general row comes before the specific ones.
 */
const table = {
  // code: row(status, close, retry, title, sentence)
  source_unknown: row(404, 4404, FINAL, "No such source", "This screen does not exist"),
  sign_in_required: row(401, 4401, FINAL, "Sign-in required", "Your sign-in has ended: please sign in again"),
  not_allowed: row(403, 4403, FINAL, "Not allowed", "You do not have permission to open this screen"),
  origin_refused: row(403, 4403, FINAL, "Origin refused", "The gateway does not accept pages from this site"),
  host_refused: row(403, null, FINAL, "Host refused", "The gateway does not serve this host name"),
  body_too_large: row(413, null, FINAL, "Request body too large", "The request body is too large"),
  request_timeout: row(408, null, FINAL, "Request timeout", "The request took too long to arrive"),
  headers_too_large: row(431, null, FINAL, "Headers too large", "The request headers are too large"),
  upgrade_required: row(426, null, FINAL, "WebSocket upgrade required", "This address accepts only WebSockets"),
  limit_reached: row(429, 4429, RETRY, "Limit reached", "Too many sessions are open right now"),
  source_removed: row(410, 4410, FINAL, "Source removed", "This screen was removed"),
  taken_over: row(409, 4409, FINAL, "Taken over", "Another viewer has taken over this screen"),
  idle: row(null, 4408, FINAL, "Idle for too long", "The session ended because it was idle for too long"),
  text_refused: row(null, 1003, FINAL, "Text frames not accepted", "The gateway does not accept text frames here"),
  vnc_unreachable: row(502, 4502, RETRY, "VNC server unreachable", "The VNC server cannot be reached"),
  vnc_refused: row(502, 4502, RETRY, "VNC server refused", "The VNC server refused the connection"),
  vnc_malformed: row(502, 4502, RETRY, "Not a usable VNC server", "The gateway cannot use this VNC server"),
  vnc_login_failed: row(502, 4511, FINAL, "VNC login failed", "The VNC server refused the login"),
  vnc_timeout: row(504, 4504, RETRY, "VNC server timed out", "The VNC server took too long to answer"),
  bad_request: row(400, null, FINAL, "Bad request", "The request is not valid"),
  viewer_malformed: row(400, 4400, FINAL, "Malformed request", "The gateway could not understand this viewer"),
  viewer_too_fast: row(
    null,
    1008,
    RETRY,
    "Viewer sends too fast",
    "The gateway disconnected this viewer: it sent too fast or read too slowly",
  ),
  viewer_stalled: row(
    null,
    1008,
    RETRY,
    "Viewer does not read",
    "The gateway disconnected this viewer: it read too slowly",
  ),
  resume_refused: row(null, 4412, RETRY, "Cannot resume", "The session is over: it cannot be resumed"),
  draining: row(503, 1012, RETRY, "Restarting", "The gateway is restarting"),
  busy: row(503, null, RETRY, "Busy", "The gateway is too busy right now"),
  source_changed: row(503, 1012, RETRY, "Source changed", "The settings of this screen changed"),
  certificate_renewed: row(503, 1012, RETRY, "Certificate renewed", "The certificate of the gateway was renewed"),
  session_ended_by_admin: row(null, 4403, FINAL, "Ended by an administrator", "An administrator ended this session"),
  overloaded: row(503, 1012, RETRY, "Overloaded", "The gateway is overloaded"),
  internal: row(500, 1011, RETRY, "Internal error", "Something went wrong inside the gateway"),
  not_stored: row(503, 1011, RETRY, "Not saved", "The gateway could not save this"),
  source_closed: row(null, 1000, RETRY, "The source closed", "The VNC server closed the connection"),
  viewer_left: row(null, 1000, FINAL, "The viewer left", "You disconnected"),
  provider_unreachable: row(502, null, RETRY, "Sign-in provider unreachable", "The sign-in provider cannot be reached"),
  not_found: row(404, null, FINAL, "Not found", "There is nothing at this address"),
  method_not_allowed: row(405, null, FINAL, "Method not allowed", "This address does not accept this method"),
} satisfies Record<string, Failure>;

/** The name of a failure. */
export type ErrorCode = keyof typeof table;

/** The table, by code. */
export const FAILURES: Readonly<Record<ErrorCode, Failure>> = table;

/** The meaning of a number without a name. */
export type Bare = Pick<Failure, "retry" | "sentence">;

/** Close codes that come from the browser, the runtime or a proxy, not from the gateway. For the page. */
const FOREIGN_CLOSES: ReadonlyMap<number, Bare> = new Map([
  [1001, { retry: RETRY, sentence: "The gateway is going away" }],
  [1006, { retry: RETRY, sentence: "The connection to the gateway was lost" }],
  [1009, { retry: RETRY, sentence: "A message was too large for the gateway" }],
  [1013, { retry: RETRY, sentence: "The gateway is too busy right now" }],
]);

/** The close code of a failure; that of `internal` for a failure without one. */
export function closeCodeOf(code: ErrorCode): number {
  return FAILURES[code].close ?? FAILURES.internal.close!;
}

/** The meaning of a close code without a name. An unknown code allows another try. */
export function explainCloseCode(close: number): Bare {
  return Object.values(FAILURES).find((failure) => failure.close === close) ?? FOREIGN_CLOSES.get(close) ??
    { retry: RETRY, sentence: `The connection ended (code ${close})` };
}

/** Whether a text is the name of a failure. A newer gateway may have others. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(table, text);
}

/** Details of a failure. */
interface PortholeErrorOptions extends ErrorOptions {
  readonly retryAfterMs?: number;
  /** Whether trying again can succeed, where that differs from the table. */
  readonly retry?: boolean;
}

/** A named failure. Viewers may see its message, a whole sentence: it must not contain a secret or an internal address. */
export class PortholeError extends Error {
  override readonly name = "PortholeError";
  readonly code: ErrorCode;
  /** Time until another try can succeed: Retry-After (RFC 9110 section 10.2.3). */
  readonly retryAfterMs: number | undefined;
  /** Whether trying again later, unchanged, can succeed. */
  readonly retry: boolean;

  constructor(code: ErrorCode, message: string, options: PortholeErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
    this.retry = options.retry ?? FAILURES[code].retry;
  }
}

/** Converts any thrown value to a PortholeError: itself, or `internal` with the value as the cause, for the log only. */
export function asPortholeError(thrown: unknown): PortholeError {
  if (thrown instanceof PortholeError) return thrown;
  return new PortholeError(
    "internal",
    "Something went wrong inside the gateway",
    { cause: thrown },
  );
}

function row(
  status: number | null,
  close: number | null,
  retry: boolean,
  title: string,
  sentence: string,
): Failure {
  return { status, close, retry, title, sentence };
}
