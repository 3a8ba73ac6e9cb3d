/** Prewarmed connections to one source: dialed and logged in up to ClientInit, so that viewers do not have to wait. */
import { type SetTimer, startTimer } from "../async/timer.ts";
import type { SourceConfig } from "../config/config.ts";
import { asPortholeError } from "../errors.ts";
import { LoginRefused, type RefusalKind } from "../rfb/refusal.ts";
import type { Log } from "../telemetry/log.ts";
import type { LoggedIn } from "./login.ts";
import type { LoggedInAhead } from "./logged_in_ahead.ts";

/** Pause after a connection was refused or dropped; it doubles until one is used. */
const PAUSE_MS = 5_000;
const PAUSE_MAX_MS = 15 * 60_000;
/** Timeout of the answer to ClientInit. A source answers at once, and a dead connection must not delay a viewer. */
const ENTER_MS = 5_000;

/**
 * Refusals that only a change of settings can fix; trying again could cause a lockout. `unanswered` is not one of them:
 * while the server is believed to ask its user, prewarming is refused before it connects.
 */
const HOPELESS: readonly RefusalKind[] = ["wrong_secret", "secret_missing", "no_type", "declined", "no_tls"];

/** The effects of prewarming. */
export interface PrewarmEffects {
  /** Dials and logs in up to ClientInit, one login at a time. */
  readonly logInAhead: (signal: AbortSignal) => Promise<LoggedInAhead>;
  /** Waits until few other sources prewarm. */
  readonly takeSlot?: <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T>;
  /** Number of connections that the source may have besides those of its sessions. */
  readonly countRoom: () => number;
  readonly log: Log;
  /** Called for each connection that has become ready. */
  readonly onReady?: (ahead: LoggedInAhead) => void;
  readonly setTimer?: SetTimer;
}

/** The part of a source that prewarming depends on. */
type PrewarmedSource = Pick<SourceConfig, "name" | "prewarm">;

/** Keeps as many connections ready as `prewarm` of the source says, the newest last. */
export class Prewarm {
  readonly #settings: () => PrewarmedSource;
  readonly #effects: Required<PrewarmEffects>;
  readonly #ready: LoggedInAhead[] = [];
  readonly #abort = new AbortController();
  #began = false;
  #adding: Promise<void> | undefined;
  /** Whether a login is under way, not only waiting for its slot. */
  #isLoggingIn = false;
  #failures = 0;
  #hopeless = false;
  /** Why the latest attempt failed: a reason that stays the same is told once. */
  #told: string | undefined;
  /** Ends the pause, while there is one. */
  #endPause: (() => void) | undefined;

  /** @param settings the settings in force. */
  constructor(settings: () => PrewarmedSource, effects: PrewarmEffects) {
    this.#settings = settings;
    this.#effects = { onReady: () => {}, setTimer: startTimer, takeSlot: (work) => work(), ...effects };
  }

  /** Number of connections that are ready. */
  get count(): number {
    return this.#ready.length;
  }

  /** Begins to keep connections ready; later calls top up, or close those that are too many by now. */
  begin(): void {
    this.#began = true;
    while (this.count > this.#source.prewarm) this.#ready.shift()?.stream.close();
    this.fill();
  }

  /** Tops up, for example because a session has ended and left room; does nothing before `begin()`. */
  fill(): void {
    if (!this.#began || this.#abort.signal.aborted || this.#adding || this.#endPause || this.#hopeless) return;
    if (this.count >= Math.min(this.#source.prewarm, this.#effects.countRoom())) return;
    this.#adding = this.#add().finally(() => {
      this.#adding = undefined;
      this.fill();
    });
  }

  /** Tries again at once after failures. */
  retry(): void {
    this.#hopeless = false;
    this.#failures = 0;
    this.#stopPause();
    this.fill();
  }

  /**
   * Opens the source over a ready connection, and skips dead ones; undefined when none is left.
   *
   * @throws the reason of the signal.
   */
  async open(signal: AbortSignal): Promise<LoggedIn | undefined> {
    try {
      // A login of the viewer would have to wait for this one anyway.
      if (this.count === 0 && this.#isLoggingIn) await this.#adding;
      signal.throwIfAborted();
      // The newest is most likely to be alive.
      for (let ahead = this.#ready.pop(); ahead; ahead = this.#ready.pop()) {
        const opened = await this.#enter(ahead, signal);
        if (opened) return opened;
      }
      return undefined;
    } finally {
      this.fill();
    }
  }

  /** Closes every connection and makes no new ones; resolves when all are closed. */
  async close(): Promise<void> {
    this.#abort.abort();
    this.#stopPause();
    for (const { stream } of this.#ready.splice(0)) stream.close();
    await this.#adding;
  }

  get #source(): PrewarmedSource {
    return this.#settings();
  }

  async #enter(ahead: LoggedInAhead, signal: AbortSignal): Promise<LoggedIn | undefined> {
    const opened = await ahead.enter({ signal, timeoutMs: ENTER_MS }).catch(() => undefined);
    if (signal.aborted) opened?.stream.close();
    signal.throwIfAborted();
    if (opened) this.#failures = 0;
    else this.#effects.log.debug("A prewarmed connection was dead", { source: this.#source.name });
    return opened;
  }

  async #add(): Promise<void> {
    const { signal } = this.#abort;
    try {
      const ahead = await this.#effects.takeSlot(() => {
        this.#isLoggingIn = true;
        return this.#effects.logInAhead(signal).finally(() => this.#isLoggingIn = false);
      }, signal);
      if (signal.aborted || this.count >= this.#source.prewarm) return ahead.stream.close();
      this.#ready.push(ahead);
      this.#told = undefined;
      ahead.gone.then(() => this.#remove(ahead));
      this.#effects.onReady(ahead);
    } catch (failure) {
      if (!signal.aborted) this.#giveUp(failure);
    }
  }

  #giveUp(failure: unknown): void {
    const { log } = this.#effects;
    this.#hopeless = failure instanceof LoginRefused && HOPELESS.includes(failure.kind);
    const reason = asPortholeError(failure).message;
    const fields = { source: this.#source.name, reason };
    const tell = reason === this.#told ? log.debug : log.info;
    this.#told = reason;
    if (this.#hopeless) log.warn("Prewarming stopped until this is fixed", fields);
    else tell("Cannot prewarm a connection", { ...fields, retry_seconds: this.#pause() / 1000 });
  }

  /** Drops a connection that the source has closed, unless a viewer already uses it. */
  #remove(ahead: LoggedInAhead): void {
    const at = this.#ready.indexOf(ahead);
    if (at < 0) return;
    this.#ready.splice(at, 1);
    ahead.stream.close();
    this.#effects.log.debug("The source closed a prewarmed connection", { source: this.#source.name });
    this.#pause();
  }

  /** Starts a pause, unless there is one: a source that restarts drops all connections at the same time. */
  #pause(): number {
    const ms = Math.min(PAUSE_MAX_MS, PAUSE_MS * 2 ** this.#failures);
    if (this.#endPause) return ms;
    this.#failures++;
    this.#endPause = this.#effects.setTimer(() => {
      this.#endPause = undefined;
      this.fill();
    }, ms);
    return ms;
  }

  #stopPause(): void {
    this.#endPause?.();
    this.#endPause = undefined;
  }
}
