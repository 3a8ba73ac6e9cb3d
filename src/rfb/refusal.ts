import { type ErrorCode, PortholeError } from "../errors.ts";

/**
 * Why a source could not be opened, for programs: the lockout guard stops at `wrong_secret` and waits at
 * `locked_out`, the page asks at `secret_missing`.
 */
export type RefusalKind =
  | "malformed"
  | "ended"
  | "overdue"
  | "refused"
  | "busy"
  | "no_type"
  | "wrong_secret"
  | "secret_missing"
  | "locked_out"
  | "untrusted";

/** What a security type asks of a person. */
export type Need = "username" | "password";

const codes: Record<RefusalKind, ErrorCode> = {
  malformed: "vnc_malformed",
  ended: "vnc_refused",
  overdue: "vnc_timeout",
  refused: "vnc_refused",
  busy: "vnc_refused",
  no_type: "vnc_refused",
  wrong_secret: "vnc_login_failed",
  secret_missing: "vnc_login_failed",
  locked_out: "vnc_login_failed",
  untrusted: "vnc_login_failed",
};

/** What goes with a refusal. */
export interface RefusalOptions extends ErrorOptions {
  readonly needs?: readonly Need[];
  readonly title?: string;
}

/** A source that could not be opened: `state` says why, and `of(title)` makes the whole sentence. */
export class LoginRefused extends PortholeError {
  readonly kind: RefusalKind;
  /** The state without the source's title. */
  readonly state: string;
  /** What has to be asked for when the kind is `secret_missing`, else empty. */
  readonly needs: readonly Need[];

  constructor(kind: RefusalKind, state: string, options: RefusalOptions = {}) {
    super(codes[kind], options.title === undefined ? state : `Cannot open ${options.title}: ${state}`, options);
    this.kind = kind;
    this.state = state;
    this.needs = options.needs ?? [];
  }

  /** What the server offers, or who it is, does not change by itself: each further try would only cost a mark there. */
  override get retry(): boolean {
    return this.kind !== "no_type" && super.retry;
  }

  /** The same refusal as a whole sentence: "Cannot open Workshop PC: …". */
  of(title: string): LoginRefused {
    return new LoginRefused(this.kind, this.state, { title, needs: this.needs, cause: this.cause ?? this });
  }
}
