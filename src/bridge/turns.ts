/** Fairness between sessions: how much one of them may move before the others have their turn. */

const KIB = 1024;
/** What one read may bring while somebody waits for an answer, and while nobody does: it costs a quarter less CPU time. */
const SHARED_BYTES = 64 * KIB;
const ALONE_BYTES = 256 * KIB;
/** How long one session may go on while nobody waits. A turn for each read would cost a fifth more CPU time. */
const ALONE_MS = 1;
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

  /** Most bytes to read at once. */
  get mostBytes(): number {
    return this.#isAwaited(this.#now()) ? SHARED_BYTES : ALONE_BYTES;
  }

  /** Begins the turn of one session; returns the time for `isOver()`. */
  begin(): number {
    return this.#now();
  }

  /** Whether a session that has read something must let the others go first. */
  isOver(beganAtMs: number): boolean {
    const nowMs = this.#now();
    return nowMs - beganAtMs >= ALONE_MS || this.#isAwaited(nowMs);
  }

  /** A viewer sent something. */
  noteUp(): void {
    this.#upAtMs = this.#now();
  }

  #isAwaited(nowMs: number): boolean {
    return nowMs - this.#upAtMs < WAITING_MS;
  }
}
