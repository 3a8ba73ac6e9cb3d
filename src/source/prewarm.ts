/** Upstream connections kept dialed and logged in up to ClientInit, so that a viewer need not wait for that. */
import type { LoggedIn, LoggedInAhead } from "./login.ts";
import type { ByteStream } from "../bridge/byte_stream.ts";
import type { SourceConfig } from "../config/config.ts";
import { asPortholeError } from "../errors.ts";
import { LoginRefused, type RefusalKind } from "../rfb/refusal.ts";
import type { Log } from "../telemetry/log.ts";

/** Pause after a connection was refused or dropped; it doubles until one is used. */
const PAUSE_MS = 5_000;
const PAUSE_MAX_MS = 15 * 60_000;
/** A source that waits for ClientInit answers it at once; one that is gone without a word must not hold up a viewer. */
const ENTER_MS = 5_000;

/** What only a person can mend: trying again would bring the gateway nearer to a lockout, or nowhere. */
const HOPELESS: readonly RefusalKind[] = ["wrong_secret", "secret_missing", "no_type"];

/** The effects of keeping connections ready. */
export interface PrewarmEffects {
  /** Dials, and logs in up to ClientInit, when it is the source's turn. */
  logIn: (source: SourceConfig, signal: AbortSignal) => Promise<LoggedInAhead>;
  /** How many connections besides the sessions' a source may have. */
  roomFor: (source: SourceConfig) => number;
  log: Log;
  /** Told of each connection that has become ready. */
  onReady?: (source: SourceConfig, ahead: LoggedInAhead) => void;
  /** Calls back once after so many milliseconds; gives what calls it off. */
  setTimer?: (work: () => void, ms: number) => () => void;
}

/** The connections of all sources that have `prewarm`. */
export class Prewarm {
  readonly #effects: Required<PrewarmEffects>;
  readonly #shelves = new Map<string, Shelf>();
  #closed = false;

  constructor(effects: PrewarmEffects) {
    this.#effects = { onReady: () => {}, setTimer: startTimer, ...effects };
  }

  /** Follows the configuration: closes what changed or went, and begins to fill what is new. */
  keep(sources: ReadonlyMap<string, SourceConfig>): void {
    if (this.#closed) return;
    for (const [name, shelf] of this.#shelves) if (sources.get(name) !== shelf.source) this.#drop(name, shelf);
    for (const [name, source] of sources) {
      if (source.prewarm > 0 && !this.#shelves.has(name)) this.#shelves.set(name, new Shelf(source, this.#effects));
      this.fill(name);
    }
  }

  /** Tops up one source where something is missing; for example since a session has left room for it. */
  fill(name: string): void {
    this.#shelves.get(name)?.fill();
  }

  /** A person says that it may be tried again. */
  retry(name: string): void {
    this.#shelves.get(name)?.retry();
  }

  /** How many connections to a source are ready. */
  count(name: string): number {
    return this.#shelves.get(name)?.count ?? 0;
  }

  /** How many are ready in all. */
  get total(): number {
    return this.#shelves.values().reduce((sum, { count }) => sum + count, 0);
  }

  /**
   * Opens the source over a connection that is ready, passing over those that have died; undefined when none is left.
   * Each stream is handed to `hold` before it is used.
   *
   * @throws the reason of the signal, or what `hold` throws.
   */
  async open(
    source: SourceConfig,
    hold: (stream: ByteStream) => void,
    signal: AbortSignal,
  ): Promise<LoggedIn | undefined> {
    const shelf = this.#shelves.get(source.name);
    return shelf?.source === source ? await shelf.open(hold, signal) : undefined;
  }

  /** Closes every connection and begins no more; resolves when nothing is left. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#shelves].map(([name, shelf]) => this.#drop(name, shelf)));
  }

  async #drop(name: string, shelf: Shelf): Promise<void> {
    this.#shelves.delete(name);
    await shelf.close();
  }
}

/** The connections of one source, the newest last. */
class Shelf {
  readonly source: SourceConfig;
  readonly #effects: Required<PrewarmEffects>;
  readonly #ready: LoggedInAhead[] = [];
  readonly #abort = new AbortController();
  #adding: Promise<void> | undefined;
  #failures = 0;
  #hopeless = false;
  /** Ends the pause, while there is one. */
  #endPause: (() => void) | undefined;

  constructor(source: SourceConfig, effects: Required<PrewarmEffects>) {
    this.source = source;
    this.#effects = effects;
  }

  get count(): number {
    return this.#ready.length;
  }

  fill(): void {
    if (this.#abort.signal.aborted || this.#adding || this.#endPause || this.#hopeless) return;
    if (this.count >= Math.min(this.source.prewarm, this.#effects.roomFor(this.source))) return;
    this.#adding = this.#add().finally(() => {
      this.#adding = undefined;
      this.fill();
    });
  }

  retry(): void {
    this.#hopeless = false;
    this.#failures = 0;
    this.#stopPause();
    this.fill();
  }

  async open(hold: (stream: ByteStream) => void, signal: AbortSignal): Promise<LoggedIn | undefined> {
    try {
      // One that is being made has its turn first anyway.
      if (this.count === 0) await this.#adding;
      signal.throwIfAborted();
      // The newest is the likeliest to be alive.
      for (let ahead = this.#ready.pop(); ahead; ahead = this.#ready.pop()) {
        hold(ahead.stream);
        const opened = await ahead.enter({ signal, timeoutMs: ENTER_MS }).catch(() => undefined);
        signal.throwIfAborted();
        if (opened) this.#failures = 0;
        if (opened) return opened;
        this.#effects.log.debug("A connection kept ready was dead", { source: this.source.name });
      }
      return undefined;
    } finally {
      this.fill();
    }
  }

  async close(): Promise<void> {
    this.#abort.abort();
    this.#stopPause();
    for (const { stream } of this.#ready.splice(0)) stream.close();
    await this.#adding;
  }

  async #add(): Promise<void> {
    const { signal } = this.#abort;
    try {
      const ahead = await this.#effects.logIn(this.source, signal);
      if (signal.aborted) return ahead.stream.close();
      this.#ready.push(ahead);
      ahead.gone.then(() => this.#remove(ahead));
      this.#effects.onReady(this.source, ahead);
    } catch (failure) {
      if (!signal.aborted) this.#giveUp(failure);
    }
  }

  #giveUp(failure: unknown): void {
    this.#hopeless = failure instanceof LoginRefused && HOPELESS.includes(failure.kind);
    const fields = { source: this.source.name, reason: asPortholeError(failure).message };
    if (this.#hopeless) this.#effects.log.warn("No connections are kept ready until this is mended", fields);
    else this.#effects.log.info("Cannot keep a connection ready", { ...fields, retry_seconds: this.#pause() / 1000 });
  }

  /** The source has closed it, unless it was taken. */
  #remove(ahead: LoggedInAhead): void {
    const at = this.#ready.indexOf(ahead);
    if (at < 0) return;
    this.#ready.splice(at, 1);
    ahead.stream.close();
    this.#effects.log.debug("The source closed a connection kept ready", { source: this.source.name });
    this.#pause();
  }

  /** One pause at a time: a source that restarts drops all connections at once. */
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

function startTimer(work: () => void, ms: number): () => void {
  const timer = setTimeout(work, ms);
  return () => clearTimeout(timer);
}
