/** Backoff after wrong tries: each one doubles the wait before the next. */
import { PortholeError } from "../errors.ts";
import { ignoreUnsaved, type Store } from "../store/store.ts";

/** The wrong tries under one key. */
export interface WrongTries {
  readonly wrong: number;
  readonly lastMs: number;
}

/** Something that counts wrong tries by key, and refuses further ones. */
export interface TryCount {
  /** @throws PortholeError limit_reached while the key has to wait. */
  check(key: string): Promise<void>;
  /**
   * Counts a try as wrong before it is checked, so that simultaneous tries are limited like consecutive ones. Call
   * `forgive()` if it turns out to be right. Resolves to the number of wrong tries, with this one.
   *
   * @throws PortholeError limit_reached while the key has to wait; the try is then not counted.
   */
  begin(key: string): Promise<number>;
  /** Takes back that many tries. */
  forgive(key: string, tries: number): Promise<void>;
}

interface LockoutOptions {
  store: Store<WrongTries>;
  /** Number of wrong tries before the first wait. */
  free: number;
  /** Why a key has to wait, in a few words. */
  why?: string;
  firstWaitMs?: number;
  longestWaitMs?: number;
  /** Wrong tries are forgotten after this long without another. */
  forgetMs?: number;
  now?: () => number;
}

/** Why an account or an address has to wait. */
export const FAILED_OFTEN = "Too many failed attempts";
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15 * 60_000;
const FORGET_MS = 60 * 60_000;

/** Counts wrong tries, and makes their key wait. */
export class Lockout implements TryCount {
  readonly #options: Required<LockoutOptions>;

  constructor(options: LockoutOptions) {
    this.#options = {
      why: FAILED_OFTEN,
      firstWaitMs: FIRST_WAIT_MS,
      longestWaitMs: LONGEST_WAIT_MS,
      forgetMs: FORGET_MS,
      now: Date.now,
      ...options,
    };
  }

  async check(key: string): Promise<void> {
    this.#requireNoWait(await this.#options.store.get(key));
  }

  async begin(key: string): Promise<number> {
    const { store, now, forgetMs } = this.#options;
    const lastMs = now();
    return await store.update(key, (before) => {
      this.#requireNoWait(before);
      const wrong = (before?.wrong ?? 0) + 1;
      return { result: wrong, put: { wrong, lastMs }, expiresAtMs: lastMs + forgetMs, ifUnsaved: "accept" };
    });
  }

  async forgive(key: string, tries: number): Promise<void> {
    const { store, forgetMs } = this.#options;
    const forgiven = store.update(key, (before) => {
      if (!before) return { result: undefined };
      const wrong = before.wrong - tries;
      if (wrong <= 0) return { result: undefined, delete: true };
      return {
        result: undefined,
        put: { ...before, wrong },
        expiresAtMs: before.lastMs + forgetMs,
        ifUnsaved: "accept",
      };
    });
    await forgiven.catch(ignoreUnsaved);
  }

  /** The number of wrong tries. */
  async count(key: string): Promise<number> {
    return (await this.#options.store.get(key))?.wrong ?? 0;
  }

  #requireNoWait(tries: WrongTries | undefined): void {
    const { free, firstWaitMs, longestWaitMs, now, why } = this.#options;
    // A clock that was set back must not lock anybody out for as long.
    if (!tries || tries.wrong < free || tries.lastMs > now()) return;
    const waitMs = Math.min(longestWaitMs, firstWaitMs * 2 ** (tries.wrong - free));
    const retryAfterMs = tries.lastMs + waitMs - now();
    if (retryAfterMs > 0) throw refuseTry(why, retryAfterMs);
  }
}

/** The refusal of a further try, with the time until the next one. */
export function refuseTry(why: string, retryAfterMs: number): PortholeError {
  return new PortholeError("limit_reached", `${why}: try again in ${describeWait(retryAfterMs)}`, { retryAfterMs });
}

function describeWait(ms: number): string {
  const [amount, unit] = ms > 100_000 ? [Math.ceil(ms / 60_000), "minute"] : [Math.ceil(ms / 1000), "second"];
  return `${amount} ${unit}${amount === 1 ? "" : "s"}`;
}
