/** Limits how many wrong tokens one address may try. */
import type { ConnectLimit } from "./connect_limit.ts";
import { groupAddress } from "./peer.ts";

/** Most tokens that are remembered with the address that sent them; with more, the one met longest ago is forgotten. */
const MOST_MET = 10_000;

/** A token that an address has sent. */
interface Met {
  readonly admitted: Promise<void>;
  /** Whether it counts as a guess. */
  counts: boolean;
}

/**
 * Counts each wrong token once for each address, so that a program with a right token goes on whatever others at its
 * address try, and one whose token has expired is told so each time. Somebody who guesses sends another token each time.
 */
export class TokenGuesses {
  readonly #limit: ConnectLimit;
  readonly #met = new Map<string, Met>();

  constructor(limit: ConnectLimit) {
    this.#limit = limit;
  }

  /** Counts a token, by its hash, before it is checked. @throws PortholeError limit_reached */
  async admit(hash: string, address: string): Promise<void> {
    const from = groupAddress(address);
    const key = `${hash} ${from}`;
    const met = this.#met.get(key) ?? { admitted: this.#limit.take(from), counts: true };
    this.#met.delete(key);
    this.#met.set(key, met);
    if (this.#met.size > MOST_MET) this.#met.delete(this.#met.keys().next().value!);
    try {
      await met.admitted;
    } catch (refusal) {
      this.#met.delete(key);
      throw refusal;
    }
  }

  /** Takes back the count of a token that is right: many programs may share an address. */
  async accept(hash: string, address: string): Promise<void> {
    const from = groupAddress(address);
    const met = this.#met.get(`${hash} ${from}`);
    if (!met?.counts) return;
    met.counts = false;
    await this.#limit.giveBack(from);
  }
}
