/** When a measure that is too high is a reason to act. */

interface TriggerOptions {
  /** How long the measure must stay above its limit, so that a passing peak is none. */
  readonly sustainMs: number;
}

/** Growth, as a share of the limit, that makes a measure a reason to act again. */
const GROWN = 0.1;

/**
 * Fires when a measure stays above its limit, and again only after it has been below the limit, or has grown further since
 * the last time: where acting did not help, acting again would not either.
 */
export class Trigger {
  readonly #sustainMs: number;
  #aboveSinceMs: number | undefined;
  /** The lowest share since somebody acted; undefined if nobody has, since the measure was below its limit. */
  #lowest: number | undefined;

  constructor({ sustainMs }: TriggerOptions) {
    this.#sustainMs = sustainMs;
  }

  /** Whether the measure is a reason to act now; `share` is 1 at its limit. */
  isDue(share: number, nowMs: number): boolean {
    if (share < 1) {
      this.#aboveSinceMs = this.#lowest = undefined;
      return false;
    }
    this.#aboveSinceMs ??= nowMs;
    if (this.#lowest !== undefined) this.#lowest = Math.min(this.#lowest, share);
    const isNews = this.#lowest === undefined || share >= this.#lowest + GROWN;
    return isNews && nowMs - this.#aboveSinceMs >= this.#sustainMs;
  }

  /** Notes that somebody acts. */
  noteActed(): void {
    this.#lowest = Infinity;
  }
}
