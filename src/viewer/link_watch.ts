/** Notices that a WebSocket is dead although no error was reported, and that the page stood still. */

/** The gateway pings every 20 s; after three silent intervals the link is dead. */
const SILENCE_MS = 60_000;
/** A gateway that acknowledges does so within a second: so long without any sign after a key was sent means the same. */
const UNANSWERED_MS = 5_000;
/** How often to look whether the page stood still. */
const STEP_MS = 5_000;
/** A timer that comes so late means that the page, its browser or the whole device stood still. */
const LATE_MS = 3_000;
/** What arrived while the page stood still is read within this time. */
const CATCH_UP_MS = 5_000;
/** If the session can be resumed, a doubt costs little. */
const QUICK_CATCH_UP_MS = 1_000;

/** What a watch works with. */
export interface LinkWatchParts {
  /** Whether something was sent that the gateway has not acknowledged. */
  readonly isAwaiting: () => boolean;
  /** Whether the session can be resumed over another WebSocket. */
  readonly isResumable: () => boolean;
  readonly onDead: () => void;
  readonly now: () => number;
  readonly startTimer: (run: () => void, afterMs: number) => () => void;
}

/** Watches the link of one session. */
export class LinkWatch {
  readonly #parts: LinkWatchParts;
  #cancel = () => {};
  #heardMs = 0;
  /** Since when something awaits an answer; Infinity if nothing does. */
  #awaitingMs = Infinity;
  /** When the page moved again and has heard nothing since. */
  #wokeMs: number | undefined;
  /** Before the first ping, a gateway may be silent for any length of time. */
  #hasPings = false;
  #isRunning = false;

  constructor(parts: LinkWatchParts) {
    this.#parts = parts;
    this.#heardMs = parts.now();
  }

  /** Milliseconds since anything came. */
  get silentMs(): number {
    return this.#parts.now() - this.#heardMs;
  }

  /** Something has come. */
  hear(): void {
    this.#heardMs = this.#parts.now();
    this.#awaitingMs = Infinity;
    this.#wokeMs = undefined;
  }

  /** Something was sent. */
  noteSent(): void {
    if (this.#awaitingMs === Infinity && this.#parts.isAwaiting()) this.#awaitingMs = this.#parts.now();
  }

  /** Begins to watch. */
  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#plan();
  }

  /** The gateway pings: from now on, silence means something. */
  expectPings(): void {
    this.#hasPings = true;
    this.start();
  }

  stop(): void {
    this.#isRunning = false;
    this.#cancel();
  }

  #plan(): void {
    const now = this.#parts.now();
    const atMs = now + Math.max(0, Math.min(STEP_MS, this.#findDueMs() - now));
    this.#cancel = this.#parts.startTimer(() => this.#look(atMs), atMs - now);
  }

  #look(plannedMs: number): void {
    const now = this.#parts.now();
    if (now - plannedMs > LATE_MS) this.#wokeMs ??= now;
    if (now < this.#findDueMs()) return this.#plan();
    this.stop();
    this.#parts.onDead();
  }

  #findDueMs(): number {
    const isResumable = this.#parts.isResumable();
    const dueMs = Math.min(
      this.#hasPings ? this.#heardMs + SILENCE_MS : Infinity,
      isResumable ? this.#awaitingMs + UNANSWERED_MS : Infinity,
    );
    if (this.#wokeMs === undefined) return dueMs;
    return isResumable ? this.#wokeMs + QUICK_CATCH_UP_MS : Math.max(dueMs, this.#wokeMs + CATCH_UP_MS);
  }
}
