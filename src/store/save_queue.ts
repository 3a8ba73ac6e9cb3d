/** When a file is written: after a change, at most so often, and again after a failure. */
import { delay } from "@std/async/delay";
import type { SetTimer } from "../async/timer.ts";

interface SaveQueueOptions {
  /** Writes the state as it is now; resolves with the milliseconds for which that kept the thread busy. */
  save: () => Promise<number>;
  /** Called with the first failure, and again when the cause is another one. */
  onFailed: (cause: unknown) => void;
  /** Called when a save succeeds after one that failed. */
  onRecovered: () => void;
  setTimer: SetTimer;
}

/** Saving takes at most one part in this many of the thread's time, regardless of the number and rate of changes. */
const REST_PARTS = 20;
/** The pause before a failed save is tried again; it doubles with each failure. */
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 60_000;

/** Saves the latest state, never an older one. A failed save is tried again until it succeeds. */
export class SaveQueue {
  readonly #options: SaveQueueOptions;
  #next: Promise<void> | undefined;
  #last: Promise<void> = Promise.resolve();
  #restUntilMs = 0;
  #retryMs = FIRST_RETRY_MS;
  #cancelRetry = () => {};
  #failure: { readonly cause: unknown } | undefined;

  constructor(options: SaveQueueOptions) {
    this.#options = options;
  }

  /** The cause of the last save's failure; undefined if it succeeded. */
  get failure(): { readonly cause: unknown } | undefined {
    return this.#failure;
  }

  /** Resolves when the state as it is now is saved, and rejects when that fails. Requests before a save share it. */
  request(): Promise<void> {
    if (!this.#next) {
      this.#cancelRetry();
      this.#next = this.#last.then(() => this.#save());
      this.#last = this.#next.catch(() => {});
    }
    return this.#next;
  }

  /** Resolves when no save is under way. One that has failed is tried once more, and not again after that. */
  async settled(): Promise<void> {
    for (let last; last !== this.#last;) await (last = this.#last);
    if (this.#failure) await this.request().catch(() => {});
    this.#cancelRetry();
  }

  async #save(): Promise<void> {
    await delay(Math.max(0, this.#restUntilMs - performance.now()));
    this.#next = undefined;
    try {
      this.#rest(await this.#options.save());
      this.#recover();
    } catch (cause) {
      this.#fail(cause);
      throw cause;
    }
  }

  #rest(busyMs: number): void {
    this.#restUntilMs = performance.now() + busyMs * (REST_PARTS - 1);
  }

  #recover(): void {
    this.#cancelRetry();
    this.#retryMs = FIRST_RETRY_MS;
    if (!this.#failure) return;
    this.#failure = undefined;
    this.#options.onRecovered();
  }

  #fail(cause: unknown): void {
    const isNew = String(this.#failure?.cause) !== String(cause);
    this.#failure = { cause };
    if (isNew) this.#options.onFailed(cause);
    this.#cancelRetry();
    this.#cancelRetry = this.#options.setTimer(() => void this.request().catch(() => {}), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
  }
}
