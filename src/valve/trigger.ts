/** When a measure that is too high is a reason to act. */

interface TriggerOptions {
  /** How long the measure must stay above its limit, so that a passing peak is none. */
  readonly sustainMs: number;
}

/**
 * Fires once when a measure stays above its limit, and again only after the measure has been below it: where acting did
 * not help, acting again would not either.
 */
export class Trigger {
  readonly #sustainMs: number;
  #aboveSinceMs: number | undefined;
  #isArmed = true;

  constructor({ sustainMs }: TriggerOptions) {
    this.#sustainMs = sustainMs;
  }

  /** Whether the measure is a reason to act now. */
  isDue(isAbove: boolean, nowMs: number): boolean {
    if (!isAbove) {
      this.#aboveSinceMs = undefined;
      this.#isArmed = true;
      return false;
    }
    this.#aboveSinceMs ??= nowMs;
    return this.#isArmed && nowMs - this.#aboveSinceMs >= this.#sustainMs;
  }

  /** Notes that something was done about it. */
  disarm(): void {
    this.#isArmed = false;
  }
}
