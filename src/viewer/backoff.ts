/** The reconnect backoff. Pure; the caller owns the timer. */

const STEPS_MS = [500, 1_000, 2_000, 5_000, 10_000] as const;
const LAST_STEP_MS = 10_000;
const JITTER = 0.25;

/**
 * Milliseconds to wait before attempt number `attempt` in a row (0 is the first), with 25 % jitter either way, so that
 * the viewers of one gateway do not reconnect all at once.
 *
 * @param random a number in [0, 1)
 * @param atLeastMs the wait that the gateway asked for
 */
export function computeDelayMs(attempt: number, random: number, atLeastMs = 0): number {
  return Math.max(jitter(STEPS_MS[attempt] ?? LAST_STEP_MS, random), Math.round(atLeastMs));
}

/** The time with 25 % jitter either way. */
export function jitter(ms: number, random: number): number {
  return Math.round(ms * (1 - JITTER + 2 * JITTER * random));
}
