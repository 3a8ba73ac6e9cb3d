/** What is known about one source. Probes are rare, because some servers count a bare connection as a failed login. */
import { asPortholeError, type ErrorCode } from "../errors.ts";

/** A source that answered is not probed again for this long. */
const FRESH_MS = 60_000;
/** After failures in a row the wait doubles, up to this. */
const BACKOFF_MAX_MS = 15 * 60_000;

/** The result of a probe. */
export interface ProbeResult {
  /** "RFB 3.8, VeNCrypt X509Plain, needs user and password" */
  readonly detail: string;
  /** Whether the viewer (`pass_through`) or the gateway logs in. */
  readonly mode?: "pass_through" | "login";
  /** What an administrator should know of the server's certificate or key, as a phrase. */
  readonly warning?: string;
}

/** A probe was not made, because it could do harm or is turned off: the reason, as a phrase. */
export interface NotProbed {
  readonly notProbed: string;
}

/** The latest finding about a source. */
export interface Finding {
  readonly status: "up" | "down" | "unknown";
  /** A phrase for people. */
  readonly detail: string;
  readonly mode?: "pass_through" | "login";
  readonly warning?: string;
  /** The code of the failure when it is down. */
  readonly code?: ErrorCode;
  /** ISO 8601; absent when it was never probed. */
  readonly checked?: string;
}

/** The finding about a source that nobody has asked for yet. */
export const NOT_PROBED: Finding = { status: "unknown", detail: "not probed yet" };

/** The effects of probing. */
export interface ProberEffects {
  /** Connects, finds out what is offered, and disconnects; `asked` if a user asked for it. */
  readonly probe: (asked: boolean) => Promise<ProbeResult | NotProbed>;
  /** Whether a probe is unnecessary because there is an open session or a prewarmed connection. */
  readonly isInUse: () => boolean;
  /** Waits until nothing else connects to the same address. Undefined if that takes too long. */
  readonly takeTurn: (work: () => Promise<Finding>) => Promise<Finding | undefined>;
  readonly now?: () => number;
  /** Called for each finding that says something else than the one before. */
  readonly onNews?: (finding: Finding) => void;
}

/** Keeps the latest finding about one source. Calls during a probe share it. */
export class Prober {
  readonly #effects: Required<ProberEffects>;
  #last = NOT_PROBED;
  #foundAtMs = -Infinity;
  #failures = 0;
  #asked = false;
  #running: Promise<Finding> | undefined;

  constructor(effects: ProberEffects) {
    this.#effects = { now: Date.now, onNews: () => {}, ...effects };
  }

  /** The latest finding, without a probe. */
  get last(): Finding {
    return this.#last;
  }

  /** The latest finding; probes first if that is old, or if a user asked for a probe. */
  probe(asked = false): Promise<Finding> {
    if (this.#running) return this.#running;
    this.#asked ||= asked;
    if (!this.#isDue()) return Promise.resolve(this.#last);
    const probing = this.#effects.takeTurn(() => this.#probe()).then((finding) => finding ?? this.#last);
    return this.#running = probing.finally(() => this.#running = undefined);
  }

  /** Records a result: of a probe, or of a session that opened or failed with this error. */
  learn(outcome: ProbeResult | Error): Finding {
    const atMs = this.#effects.now();
    const checked = new Date(atMs).toISOString();
    this.#foundAtMs = atMs;
    this.#failures = outcome instanceof Error ? this.#failures + 1 : 0;
    return this.#note(
      outcome instanceof Error ? describeFailure(outcome, checked) : { status: "up", checked, ...outcome },
    );
  }

  /** Makes the next call of `probe()` probe as if a user asked for it, even if the latest finding is fresh. */
  forget(): void {
    this.#asked = true;
    this.#last = NOT_PROBED;
    this.#foundAtMs = -Infinity;
    this.#failures = 0;
  }

  async #probe(): Promise<Finding> {
    if (!this.#isDue()) return this.#last;
    const outcome = await this.#effects.probe(this.#asked).catch((error) => asPortholeError(error));
    this.#asked = false;
    return "notProbed" in outcome ? this.#keep(outcome) : this.learn(outcome);
  }

  /** Keeps the latest finding, or says why there is none. */
  #keep({ notProbed }: NotProbed): Finding {
    return this.#last.checked === undefined ? this.#note({ status: "unknown", detail: notProbed }) : this.#last;
  }

  #note(finding: Finding): Finding {
    const isNews = finding.detail !== this.#last.detail;
    this.#last = finding;
    if (isNews) this.#effects.onNews(finding);
    return finding;
  }

  #isDue(): boolean {
    if (this.#effects.isInUse()) return false;
    if (this.#asked) return true;
    const waitMs = Math.min(BACKOFF_MAX_MS, FRESH_MS * 2 ** Math.max(0, this.#failures - 1));
    const agoMs = this.#effects.now() - this.#foundAtMs;
    // After the clock was set back, nobody knows how old the finding is.
    return agoMs < 0 || agoMs >= waitMs;
  }
}

function describeFailure(thrown: Error, checked: string): Finding {
  const { message, code } = asPortholeError(thrown);
  return { status: "down", detail: message, code, checked };
}
