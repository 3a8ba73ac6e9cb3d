/** The taps of one session. */
import { type Direction, type Tap, type TapOptions, TapQueue } from "./tap.ts";

/**
 * Copies a session's bytes to every tap, after the stages: what the viewer gets, and what the source gets.
 *
 * Taps may be added and closed at any time. Without one, a chunk costs one comparison.
 */
export class Taps {
  readonly #taps = new Set<TapQueue>();
  readonly #now: () => number;
  #isEnded = false;

  /** @param now milliseconds that never go back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** How many are open. */
  get size(): number {
    return this.#taps.size;
  }

  /** Adds a tap, which gets what passes from now on; after the session's end, one that has ended. */
  add(options: TapOptions = {}): Tap {
    const tap = new TapQueue(options, () => void this.#taps.delete(tap));
    if (this.#isEnded) tap.end();
    else this.#taps.add(tap);
    return tap;
  }

  /** Copies bytes that passed to every tap; the caller may reuse the array at once. */
  copy(direction: Direction, bytes: Uint8Array): void {
    if (this.#taps.size === 0 || bytes.length === 0) return;
    const atMs = this.#now();
    for (const tap of this.#taps) tap.push({ direction, bytes: new Uint8Array(bytes), atMs });
  }

  /** The session has ended: no tap gets more, and none can be added. */
  end(): void {
    this.#isEnded = true;
    for (const tap of this.#taps) tap.end();
  }
}
