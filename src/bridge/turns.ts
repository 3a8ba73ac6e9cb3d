/** Fairness between sessions: how much one of them may move before the others have their turn. */

const KIB = 1024;
/** What one read may bring while somebody waits for an answer, and while nobody does: it costs a quarter less CPU time. */
const SHARED_BYTES = 64 * KIB;
const ALONE_BYTES = 256 * KIB;
/** After a viewer sent something, its answer is waited for. */
const WAITING_MS = 50;

/** What the pumps of all sessions share, so that a fast source does not hold up everybody's keys and pictures. */
export class Turns {
  readonly #now: () => number;
  #upAtMs = -Infinity;

  /** @param now milliseconds that never go back */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Most bytes to read at once. After so many, let the others go first. */
  get mostBytes(): number {
    return this.#now() - this.#upAtMs < WAITING_MS ? SHARED_BYTES : ALONE_BYTES;
  }

  /** A viewer sent something. */
  noteUp(): void {
    this.#upAtMs = this.#now();
  }
}
