/** How often one viewer may come back. */
import type { Link } from "./link.ts";

/** So many returns at once, and then so many in each minute. */
const MOST_RETURNS = 100;
const MINUTE_MS = 60_000;
/**
 * Most unsent bytes on WebSockets that it left behind: eight of the largest windows. A phone that changes networks leaves
 * one each time, which stays until the kernel gives up on it, after a quarter of an hour.
 */
const MOST_UNSENT_BYTES = 32 * 1024 * 1024;

/**
 * Counts the returns of one viewer. Each may leave a WebSocket behind whose unsent bytes nobody can drop while its other
 * end does not read, and returns count in no limit on new sessions.
 */
export class ReturnLimit {
  #left = MOST_RETURNS;
  #atMs: number;
  #replaced: readonly Link[] = [];

  constructor(nowMs: number) {
    this.#atMs = nowMs;
  }

  /** Whether the viewer may come back now; if so, that counts. */
  take(nowMs: number): boolean {
    this.#left = Math.min(MOST_RETURNS, this.#left + (nowMs - this.#atMs) * MOST_RETURNS / MINUTE_MS);
    this.#atMs = nowMs;
    if (this.#left < 1 || this.#countUnsent() > MOST_UNSENT_BYTES) return false;
    this.#left--;
    return true;
  }

  /** The viewer has come back although this WebSocket had not closed. */
  noteReplaced(link: Link): void {
    this.#replaced = [...this.#replaced.filter(({ isGone }) => !isGone), link];
  }

  #countUnsent(): number {
    return this.#replaced.reduce((sum, { isGone, backlog }) => isGone ? sum : sum + backlog.bytes, 0);
  }
}
