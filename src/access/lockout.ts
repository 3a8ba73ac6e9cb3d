/** Backoff after wrong tries: each one doubles the wait before the next. */
import { PortholeError } from "../errors.ts";
import type { Store } from "../store/store.ts";

/** The wrong tries of one account or address. */
export interface WrongTries {
  readonly wrong: number;
  readonly lastMs: number;
}

interface LockoutOptions {
  store: Store<WrongTries>;
  /** Number of wrong tries before the first wait. */
  free: number;
  now?: () => number;
}

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15 * 60_000;
/** Wrong tries are forgotten after this long without another. */
const FORGET_MS = 60 * 60_000;

/** Counts wrong tries by account or by address. */
export class Lockout {
  readonly #store: Store<WrongTries>;
  readonly #free: number;
  readonly #now: () => number;

  constructor({ store, free, now = Date.now }: LockoutOptions) {
    this.#store = store;
    this.#free = free;
    this.#now = now;
  }

  /** @throws PortholeError limit_reached while the key has to wait. */
  async check(key: string): Promise<void> {
    this.#requireNoWait(await this.#store.get(key));
  }

  /**
   * Counts a try as wrong before it is checked, so that simultaneous tries are limited like consecutive ones. Call
   * `clear()` if it turns out to be right.
   *
   * @throws PortholeError limit_reached while the key has to wait; the try is then not counted.
   */
  async begin(key: string): Promise<void> {
    const lastMs = this.#now();
    await this.#store.update(key, (before) => {
      this.#requireNoWait(before);
      const wrong = (before?.wrong ?? 0) + 1;
      return { result: undefined, put: { wrong, lastMs }, expiresAtMs: lastMs + FORGET_MS };
    });
  }

  /** Forgets the wrong tries. For use after a right one. */
  async clear(key: string): Promise<void> {
    await this.#store.delete(key);
  }

  #requireNoWait(tries: WrongTries | undefined): void {
    if (!tries || tries.wrong < this.#free) return;
    const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries.wrong - this.#free));
    const retryAfterMs = tries.lastMs + waitMs - this.#now();
    if (retryAfterMs <= 0) return;
    throw new PortholeError("limit_reached", "Too many failed attempts: wait before you try again", { retryAfterMs });
  }
}
