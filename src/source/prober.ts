/** What is known of each source, found sparingly: some servers count a bare connection as a failed login. */
import type { SourceConfig } from "../config/config.ts";
import { asPortholeError, type ErrorCode } from "../errors.ts";

/** A source that answered is not looked at again for this long. */
const FRESH_MS = 60_000;
/** After failures in a row the wait doubles, up to this. */
const BACK_OFF_MAX_MS = 15 * 60_000;

/** What a look at a source found. */
export interface Look {
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
  /** ISO 8601; absent when it was never looked at. */
  readonly checked?: string;
}

interface ProberOptions {
  /** Connects, looks, and leaves. */
  look: (source: SourceConfig) => Promise<Look>;
  /** Whether a session on the source is open, which says more than a look. */
  isOpen: (name: string) => boolean;
  now?: () => number;
  onFinding?: (source: SourceConfig, finding: Finding) => void;
}

interface Record {
  source: SourceConfig;
  finding: Finding;
  atMs: number;
  failures: number;
}

/** Keeps the findings; one look at a time in all, shared by everyone who asks. */
export class Prober {
  readonly #options: Required<ProberOptions>;
  readonly #records = new Map<string, Record>();
  readonly #running = new Map<string, Promise<Finding>>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: ProberOptions) {
    this.#options = { now: Date.now, onFinding: () => {}, ...options };
  }

  /** What was found last, without looking. */
  last(source: SourceConfig): Finding {
    const record = this.#recordOf(source);
    return record?.finding ?? { status: "unknown", detail: "not looked at yet" };
  }

  /** What was found last, looked at afresh when that is old. */
  probe(source: SourceConfig): Promise<Finding> {
    const running = this.#running.get(source.name);
    if (running) return running;
    if (!this.#isDue(source)) return Promise.resolve(this.last(source));
    const look = this.#turn.then(() => this.#look(source)).finally(() => this.#running.delete(source.name));
    this.#turn = look;
    this.#running.set(source.name, look);
    return look;
  }

  /** A session has told: it opened with this detail, or failed with this error. */
  learn(source: SourceConfig, outcome: Look | Error): Finding {
    const checked = new Date(this.#options.now()).toISOString();
    const failed = outcome instanceof Error;
    const before = this.#recordOf(source);
    const error = failed ? asPortholeError(outcome) : undefined;
    const finding: Finding = error
      ? { status: "down", detail: error.message, code: error.code, checked }
      : { status: "up", checked, ...(outcome as Look) };
    const failures = failed ? (before?.failures ?? 0) + 1 : 0;
    this.#records.set(source.name, { source, finding, atMs: this.#options.now(), failures });
    this.#options.onFinding(source, finding);
    return finding;
  }

  /** The next one who asks gets a fresh look. */
  forget(name: string): void {
    this.#records.delete(name);
  }

  /** Forgets sources that are no longer configured. */
  keepOnly(sources: ReadonlyMap<string, SourceConfig>): void {
    for (const name of this.#records.keys()) if (!sources.has(name)) this.#records.delete(name);
  }

  async #look(source: SourceConfig): Promise<Finding> {
    if (!this.#isDue(source)) return this.last(source);
    return this.learn(source, await this.#options.look(source).catch((error) => asPortholeError(error)));
  }

  #isDue(source: SourceConfig): boolean {
    if (this.#options.isOpen(source.name)) return false;
    const record = this.#recordOf(source);
    if (!record) return true;
    const waitMs = Math.min(BACK_OFF_MAX_MS, FRESH_MS * 2 ** Math.max(0, record.failures - 1));
    return this.#options.now() - record.atMs >= waitMs;
  }

  /** A changed source is a new one: what was found of the old does not count. */
  #recordOf(source: SourceConfig): Record | undefined {
    const record = this.#records.get(source.name);
    return record?.source === source ? record : undefined;
  }
}
