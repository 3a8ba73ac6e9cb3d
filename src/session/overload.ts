/** Why no new session may begin at the moment, besides the limits that somebody configured. */
import { PortholeError } from "../errors.ts";

/** How long an address is refused. */
const REFUSED_MS = 60_000;
/** Retry-After while descriptors are short. */
const SHORT_MS = 5_000;
/** Most addresses that are remembered; beyond it, the oldest are forgotten. */
const MOST_ADDRESSES = 1_024;

/** The state of an overloaded gateway. */
export class Overload {
  /** Whether descriptors are so few that new sessions must wait. */
  isShort = false;
  readonly #now: () => number;
  readonly #refusedUntilMs = new Map<string, number>();

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Refuses these addresses for a minute. */
  refuse(addresses: readonly string[]): void {
    for (const address of addresses) {
      this.#refusedUntilMs.delete(address);
      this.#refusedUntilMs.set(address, this.#now() + REFUSED_MS);
    }
    for (const [oldest] of this.#refusedUntilMs) {
      if (this.#refusedUntilMs.size <= MOST_ADDRESSES) break;
      this.#refusedUntilMs.delete(oldest);
    }
  }

  /**
   * Checks whether a session of this address may begin; undefined for an address that many may share.
   *
   * @throws PortholeError overloaded.
   */
  check(address: string | undefined): void {
    if (this.isShort) {
      throw new PortholeError("overloaded", "The gateway is overloaded: try again in a moment", {
        retryAfterMs: SHORT_MS,
      });
    }
    this.checkAddress(address);
  }

  /**
   * Checks whether this address is refused, also to a viewer that comes back to its session, which takes nothing new.
   *
   * @throws PortholeError overloaded.
   */
  checkAddress(address: string | undefined): void {
    if (address === undefined) return;
    const leftMs = (this.#refusedUntilMs.get(address) ?? 0) - this.#now();
    if (leftMs > 0) {
      throw new PortholeError("overloaded", "Your address overloaded the gateway: try again later", {
        retryAfterMs: leftMs,
      });
    }
    this.#refusedUntilMs.delete(address);
  }
}
