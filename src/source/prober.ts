/** What is known of one source, found sparingly: some servers count a bare connection as a failed login. */
import { asPortholeError, type ErrorCode } from "../errors.ts";
import type { Turn } from "./turn.ts";

/** A source that answered is not probed again for this long. */
const FRESH_MS = 60_000;
/** After failures in a row the wait doubles, up to this. */
const BACKOFF_MAX_MS = 15 * 60_000;

const NEVER = new AbortController().signal;

/** What a probe of a source found. */
export interface ProbeResult {
  /** "RFB 3.8, VeNCrypt X509Plain, needs user and password" */
  readonly detail: string;
  /** Who carries out the login: the viewer, or the gateway. */
  readonly mode?: "pass_through" | "login";
}

/** The last finding of a source. */
export interface Finding {
  readonly status: "up" | "down" | "unknown";
  /** A whole phrase for people. */
  readonly detail: string;
  readonly mode?: "pass_through" | "login";
  /** The named failure when it is down. */
  readonly code?: ErrorCode;
  /** ISO 8601; absent when it was never probed. */
  readonly checked?: string;
}

const UNKNOWN: Finding = { status: "unknown", detail: "not probed yet" };

/** The effects of probing. */
export interface ProberEffects {
  /** Connects, finds out, and leaves. */
  readonly probe: () => Promise<ProbeResult>;
  /** Whether there is something that says more than a probe: an open session, or a connection that is ready. */
  readonly isInUse: () => boolean;
  /** Shared by all sources: one probe at a time. */
  readonly turn: Turn;
  readonly now?: () => number;
  readonly onFinding?: (finding: Finding) => void;
}

/** Keeps the findings of one source; a probe under way is shared by everybody who asks. */
export class Prober {
  readonly #effects: Required<ProberEffects>;
  #last = UNKNOWN;
  #foundAtMs = -Infinity;
  #failures = 0;
  #running: Promise<Finding> | undefined;

  constructor(effects: ProberEffects) {
    this.#effects = { now: Date.now, onFinding: () => {}, ...effects };
  }

  /** What was found last, without probing. */
  get last(): Finding {
    return this.#last;
  }

  /** What was found last, probed again when that is old. */
  probe(): Promise<Finding> {
    if (this.#running) return this.#running;
    if (!this.#isDue()) return Promise.resolve(this.#last);
    const probing = this.#effects.turn.run(() => this.#probe(), NEVER);
    return this.#running = probing.finally(() => this.#running = undefined);
  }

  /** Takes what a session found: it opened, or failed with this error. */
  learn(outcome: ProbeResult | Error): Finding {
    const atMs = this.#effects.now();
    const checked = new Date(atMs).toISOString();
    this.#foundAtMs = atMs;
    this.#failures = outcome instanceof Error ? this.#failures + 1 : 0;
    this.#last = outcome instanceof Error ? describeFailure(outcome, checked) : { status: "up", checked, ...outcome };
    this.#effects.onFinding(this.#last);
    return this.#last;
  }

  /** Lets the next call of `probe()` probe, however fresh the last finding was. */
  forget(): void {
    this.#last = UNKNOWN;
    this.#foundAtMs = -Infinity;
    this.#failures = 0;
  }

  async #probe(): Promise<Finding> {
    if (!this.#isDue()) return this.#last;
    return this.learn(await this.#effects.probe().catch((error) => asPortholeError(error)));
  }

  #isDue(): boolean {
    if (this.#effects.isInUse()) return false;
    const waitMs = Math.min(BACKOFF_MAX_MS, FRESH_MS * 2 ** Math.max(0, this.#failures - 1));
    return this.#effects.now() - this.#foundAtMs >= waitMs;
  }
}

function describeFailure(thrown: Error, checked: string): Finding {
  const { message, code } = asPortholeError(thrown);
  return { status: "down", detail: message, code, checked };
}
