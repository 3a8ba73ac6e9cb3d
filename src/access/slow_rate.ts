/** A slow rate of tries: some at once, and then one for each interval. */
import type { Store } from "../store/store.ts";
import { FAILED_OFTEN, refuseTry, type TryCount } from "./lockout.ts";
import { hashToken, makeToken } from "./opaque_token.ts";

/** How many tries were made that no interval has paid for yet. */
export interface Level {
  readonly tries: number;
  readonly atMs: number;
}

interface SlowRateOptions {
  store: Store<Level>;
  /** Number of tries at once. */
  most: number;
  /** Time in which one more try becomes possible. */
  intervalMs: number;
  now?: () => number;
}

/** Hexadecimal digits of a bucket: 65,536 of them. */
const BUCKET_DIGITS = 4;

/**
 * Counts tries by name in a fixed number of buckets, so that a flood of invented names cannot push the count of a real
 * one out. Filling every bucket would take far more tries than the gateway can check. Nobody outside can find out which
 * names share a bucket, because a secret is hashed with them.
 */
export class SlowRate implements TryCount {
  readonly #options: Required<SlowRateOptions>;
  readonly #secret = makeToken();

  constructor(options: SlowRateOptions) {
    this.#options = { now: Date.now, ...options };
  }

  async check(name: string): Promise<void> {
    this.#requireRoom(this.#drain(await this.#options.store.get(this.#findBucket(name))));
  }

  async begin(name: string): Promise<number> {
    return await this.#change(name, (tries) => {
      this.#requireRoom(tries);
      return tries + 1;
    });
  }

  async forgive(name: string, tries: number): Promise<void> {
    await this.#change(name, (before) => before - tries);
  }

  #change(name: string, change: (tries: number) => number): Promise<number> {
    const { store, intervalMs, now } = this.#options;
    const atMs = now();
    return store.update(this.#findBucket(name), (before) => {
      const tries = change(this.#drain(before));
      if (tries <= 0) return { result: 0, delete: true };
      return { result: tries, put: { tries, atMs }, expiresAtMs: atMs + tries * intervalMs };
    });
  }

  /** The tries that are left now. A clock that was set back must not lock anybody out until it has caught up. */
  #drain(level: Level | undefined): number {
    const { intervalMs, now } = this.#options;
    if (!level || level.atMs > now()) return 0;
    return Math.max(0, level.tries - (now() - level.atMs) / intervalMs);
  }

  #requireRoom(tries: number): void {
    const { most, intervalMs } = this.#options;
    if (tries + 1 > most) throw refuseTry(FAILED_OFTEN, Math.ceil((tries + 1 - most) * intervalMs));
  }

  #findBucket(name: string): string {
    return hashToken(`${this.#secret} ${name}`).slice(0, BUCKET_DIGITS);
  }
}
