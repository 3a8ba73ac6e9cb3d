/** Refusals: the reasons why the gateway could not open a source. */
import { type ErrorCode, PortholeError } from "../errors.ts";

/**
 * The kind of a refusal, for programs: the login guard stops at `wrong_secret` and waits at `locked_out`, the page asks
 * at `secret_missing`.
 */
export type RefusalKind =
  | "malformed"
  | "ended"
  | "overdue"
  | "unanswered"
  | "declined"
  | "refused"
  | "busy"
  | "no_type"
  | "tls_failed"
  | "no_tls"
  | "wrong_secret"
  | "secret_missing"
  | "locked_out"
  | "untrusted";

/** A credential that a security type asks the user for. */
export type Need = "username" | "password";

const codes: Record<RefusalKind, ErrorCode> = {
  malformed: "vnc_malformed",
  ended: "vnc_refused",
  overdue: "vnc_timeout",
  unanswered: "vnc_timeout",
  declined: "vnc_refused",
  refused: "vnc_refused",
  busy: "vnc_refused",
  no_type: "vnc_refused",
  tls_failed: "vnc_refused",
  no_tls: "vnc_refused",
  wrong_secret: "vnc_login_failed",
  secret_missing: "vnc_login_failed",
  locked_out: "vnc_login_failed",
  untrusted: "vnc_login_failed",
};

/**
 * Kinds that are not retried, whatever their code says. The types on offer and the certificate do not change by
 * themselves: a retry would only count as a failed login. And a server that asks its user would ask again.
 */
const FINAL: readonly RefusalKind[] = ["no_type", "no_tls", "unanswered", "declined"];

/** The start of a remark about a server that seems to ask its user. */
const MAY_ASK = "someone at that screen may";

/** Details of a refusal. */
export interface RefusalOptions extends ErrorOptions {
  /** The credentials to ask for, for `secret_missing`. */
  readonly needs?: readonly Need[];
  /** The source's title, which makes the message a whole sentence. */
  readonly title?: string;
}

/** The error for a source that could not be opened: `state` says why, `of(title)` makes it a whole sentence. */
export class LoginRefused extends PortholeError {
  readonly kind: RefusalKind;
  /** The reason without the source's title. */
  readonly state: string;
  /** The credentials to ask for when the kind is `secret_missing`, else empty. */
  readonly needs: readonly Need[];

  constructor(kind: RefusalKind, state: string, options: RefusalOptions = {}) {
    const message = options.title === undefined ? state : `Cannot open ${options.title}: ${state}`;
    super(codes[kind], message, { ...options, ...(FINAL.includes(kind) && { retry: false }) });
    this.kind = kind;
    this.state = state;
    this.needs = options.needs ?? [];
  }

  /** The same refusal by a server that first seemed to ask its user; itself if that cannot be the reason. */
  afterAsking(title: string): LoginRefused {
    if (this.kind !== "ended" && this.kind !== "refused") return this.of(title);
    return new LoginRefused("declined", `${this.state}; ${MAY_ASK} have declined it`, { title, cause: this });
  }

  /** The same refusal as a whole sentence: "Cannot open Workshop PC: …". */
  of(title: string): LoginRefused {
    return new LoginRefused(this.kind, this.state, { title, needs: this.needs, cause: this.cause ?? this });
  }
}

/** The refusal by a server whose user may not have answered; `state` says what did not arrive. */
export function refuseUnanswered(state: string, options?: RefusalOptions): LoginRefused {
  return new LoginRefused("unanswered", `${state} in time; ${MAY_ASK} have to accept the connection`, options);
}

/** The refusal when the server closed after the login, in place of opening the desktop. */
export function refuseAnotherViewer(options: RefusalOptions): LoginRefused {
  return new LoginRefused("busy", "the server closed after the login: it does not accept another viewer", options);
}
