/** How often one viewer may come back. */

/** So many returns at once, and then so many in each minute. */
const MOST_RETURNS = 100;
const MINUTE_MS = 60_000;

/**
 * Counts the returns of one viewer. Each may leave a WebSocket behind whose unsent bytes nobody can drop while its other
 * end does not read, and returns count in no limit on new sessions.
 */
export class ReturnLimit {
  #left = MOST_RETURNS;
  #atMs: number;

  constructor(nowMs: number) {
    this.#atMs = nowMs;
  }

  /** Whether the viewer may come back now; if so, that counts. */
  take(nowMs: number): boolean {
    this.#left = Math.min(MOST_RETURNS, this.#left + (nowMs - this.#atMs) * MOST_RETURNS / MINUTE_MS);
    this.#atMs = nowMs;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
