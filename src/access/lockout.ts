/** Backoff after wrong tries: the next one has to wait, each time twice as long. */
import { PortholeError } from "../errors.ts";

interface LockoutOptions {
  /** Wrong tries without a wait. */
  free: number;
  now?: () => number;
}

interface Tries {
  readonly wrong: number;
  readonly lastMs: number;
}

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15 * 60_000;
/** Wrong tries are forgotten after this long without another. */
const FORGET_MS = 60 * 60_000;
/** Keys come from outside: the oldest make place. */
const MOST_KEYS = 10_000;

/** Counts wrong tries by account or by address. */
export class Lockout {
  readonly #free: number;
  readonly #now: () => number;
  /** In the order of their last wrong try. */
  readonly #tries = new Map<string, Tries>();

  constructor({ free, now = Date.now }: LockoutOptions) {
    this.#free = free;
    this.#now = now;
  }

  /** @throws PortholeError limit_reached while the key has to wait. */
  check(key: string): void {
    const tries = this.#tries.get(key);
    if (!tries || tries.wrong < this.#free) return;
    const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries.wrong - this.#free));
    const leftMs = tries.lastMs + waitMs - this.#now();
    if (leftMs <= 0) return;
    throw new PortholeError("limit_reached", "Too many wrong tries: wait before the next one", {
      retryAfterMs: leftMs,
    });
  }

  /** Counts a wrong try. */
  fail(key: string): void {
    const at = this.#now();
    const before = this.#tries.get(key);
    const wrong = before && at - before.lastMs < FORGET_MS ? before.wrong + 1 : 1;
    this.#tries.delete(key);
    this.#tries.set(key, { wrong, lastMs: at });
    if (this.#tries.size > MOST_KEYS) this.#tries.delete(this.#tries.keys().next().value!);
  }

  /** Forgets the wrong tries, after a right one. */
  clear(key: string): void {
    this.#tries.delete(key);
  }
}
