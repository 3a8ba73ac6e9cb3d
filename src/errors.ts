/**
 * Every way to fail, with its HTTP status and its WebSocket close code, in one table.
 * Nobody else picks a number.
 */

interface Failure {
  /** HTTP status (RFC 9110) when the request alone decides; null when it can only happen after the upgrade. */
  readonly status: number | null;
  /** WebSocket close code (RFC 6455 section 7.4); null when it can only happen before the upgrade. */
  readonly close: number | null;
  /** What happened, in a few words, for pages and application/problem+json (RFC 9457). */
  readonly title: string;
  /** Whether trying again later, unchanged, can succeed. */
  readonly retry: boolean;
}

const table = {
  source_unknown: {
    status: 404,
    close: 4404,
    title: "No such source",
    retry: false,
  },
  sign_in_required: {
    status: 401,
    close: 4401,
    title: "Sign-in required",
    retry: false,
  },
  not_allowed: { status: 403, close: 4403, title: "Not allowed", retry: false },
  origin_refused: {
    status: 403,
    close: 4403,
    title: "Origin refused",
    retry: false,
  },
  host_refused: { status: 403, close: null, title: "Host refused", retry: false },
  body_too_large: { status: 413, close: null, title: "Too much was sent", retry: false },
  headers_too_large: { status: 431, close: null, title: "Headers too large", retry: false },
  upgrade_required: {
    status: 426,
    close: null,
    title: "WebSocket upgrade required",
    retry: false,
  },
  limit_reached: {
    status: 429,
    close: 4429,
    title: "Limit reached",
    retry: true,
  },
  source_removed: {
    status: 410,
    close: 4410,
    title: "Source removed",
    retry: false,
  },
  idle: { status: null, close: 4408, title: "Idle for too long", retry: false },
  text_refused: {
    status: null,
    close: 1003,
    title: "Text frame on a plain stream",
    retry: false,
  },
  vnc_unreachable: {
    status: 502,
    close: 4502,
    title: "VNC server unreachable",
    retry: true,
  },
  vnc_refused: {
    status: 502,
    close: 4502,
    title: "VNC server refused",
    retry: true,
  },
  vnc_malformed: {
    status: 502,
    close: 4502,
    title: "Not a usable VNC server",
    retry: true,
  },
  vnc_login_failed: {
    status: 502,
    close: 4511,
    title: "VNC login failed",
    retry: false,
  },
  vnc_timeout: {
    status: 504,
    close: 4504,
    title: "VNC server timed out",
    retry: true,
  },
  bad_request: { status: 400, close: null, title: "Bad request", retry: false },
  viewer_malformed: {
    status: 400,
    close: 4400,
    title: "Malformed request",
    retry: false,
  },
  viewer_too_fast: {
    status: null,
    close: 1008,
    title: "Viewer sends too fast",
    retry: true,
  },
  viewer_stalled: {
    status: null,
    close: 1008,
    title: "Viewer does not read",
    retry: true,
  },
  session_ended_by_admin: { status: null, close: 4403, title: "Ended by an administrator", retry: false },
  source_changed: { status: 503, close: 1012, title: "Source changed", retry: true },
  certificate_renewed: { status: 503, close: 1012, title: "Certificate renewed", retry: true },
  draining: { status: 503, close: 1012, title: "Restarting", retry: true },
  internal: { status: 500, close: 1011, title: "Internal error", retry: true },
  source_closed: {
    status: null,
    close: 1000,
    title: "The source closed",
    retry: true,
  },
  viewer_left: {
    status: null,
    close: 1000,
    title: "The viewer left",
    retry: false,
  },
  provider_unreachable: { status: 502, close: null, title: "Sign-in provider unreachable", retry: true },
  not_found: { status: 404, close: null, title: "Not found", retry: false },
  method_not_allowed: {
    status: 405,
    close: null,
    title: "Method not allowed",
    retry: false,
  },
} as const satisfies Record<string, Failure>;

/** A named way to fail. */
export type ErrorCode = keyof typeof table;

/** The table, by code. */
export const FAILURES: Readonly<Record<ErrorCode, Failure>> = table;

/** A failure with a name; its message is a whole sentence that a viewer may see: no secret, no internal address. */
export class PortholeError extends Error {
  override readonly name = "PortholeError";
  readonly code: ErrorCode;
  /** When trying again can succeed, in milliseconds from now: Retry-After (RFC 9110 section 10.2.3). */
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions & { retryAfterMs?: number } = {}) {
    super(message, options);
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }

  /** Whether trying again later, unchanged, can succeed. */
  get retry(): boolean {
    return FAILURES[this.code].retry;
  }
}

/** Any thrown value as a PortholeError: itself, or `internal` with the cause kept for the log only. */
export function asPortholeError(thrown: unknown): PortholeError {
  if (thrown instanceof PortholeError) return thrown;
  return new PortholeError(
    "internal",
    "Something went wrong inside the gateway",
    { cause: thrown },
  );
}
