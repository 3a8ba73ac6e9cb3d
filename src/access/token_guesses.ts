/** Limits how many different tokens one address may try. */
import type { ConnectLimit } from "./connect_limit.ts";
import { groupAddress } from "./peer.ts";

/** Most tokens that are remembered with the address that sent them; with more, the one met longest ago is forgotten. */
const MOST_MET = 10_000;

/**
 * Counts each token once for each address, so that a program with a right token goes on whatever others at its address
 * try, and one whose token has expired is told so each time. Somebody who guesses sends another token each time.
 */
export class TokenGuesses {
  readonly #limit: ConnectLimit;
  readonly #met = new Map<string, Promise<void>>();

  constructor(limit: ConnectLimit) {
    this.#limit = limit;
  }

  /** Counts a token, by its hash, before it is checked. @throws PortholeError limit_reached */
  async admit(hash: string, address: string): Promise<void> {
    const from = groupAddress(address);
    const key = `${hash} ${from}`;
    const admitted = this.#met.get(key) ?? this.#limit.take(from);
    this.#met.delete(key);
    this.#met.set(key, admitted);
    if (this.#met.size > MOST_MET) this.#met.delete(this.#met.keys().next().value!);
    try {
      await admitted;
    } catch (refusal) {
      this.#met.delete(key);
      throw refusal;
    }
  }
}
