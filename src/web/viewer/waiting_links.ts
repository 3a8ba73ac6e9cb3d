/** The cap on WebSockets of viewers that come back, and have not said to which session. */
import { PortholeError } from "../../errors.ts";
import { FairShares } from "../../fair_shares.ts";
import { Tally } from "../../session/tally.ts";
import { nameVisitor, type Visitor } from "../../session/ways_back.ts";

/** How much of the free slots one address may come to have. */
const PORTION = 1 / 2;
/** Such a WebSocket usually waits for one round trip. */
const RETRY_MS = 1_000;

/**
 * Counts these WebSockets. Those that a user has sessions for are always let in, since all viewers behind one address
 * come back at once when its network does. Others, and those from new addresses, get fair shares of `max()`.
 */
export class WaitingLinks {
  readonly #shares: FairShares;
  readonly #owned = new Tally();

  constructor(max: () => number) {
    this.#shares = new FairShares({
      get max() {
        return max();
      },
      portion: PORTION,
    });
  }

  /**
   * Counts one more of a visitor who has so many sessions to come back to from there; returns a function that gives the
   * slot back.
   *
   * @throws PortholeError limit_reached.
   */
  admit(visitor: Visitor, sessions: number): () => void {
    const key = nameVisitor(visitor);
    if (this.#owned.of(key) < sessions) return this.#takeOwn(key);
    const giveBack = this.#shares.take(visitor.address);
    if (giveBack) return giveBack;
    throw new PortholeError("limit_reached", "Too many viewers are coming back at the moment", {
      retryAfterMs: RETRY_MS,
    });
  }

  #takeOwn(key: string): () => void {
    this.#owned.add(key);
    let isGiven = false;
    return () => {
      if (!isGiven) this.#owned.remove(key);
      isGiven = true;
    };
  }
}
