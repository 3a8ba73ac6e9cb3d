/** How much of a viewer's bytes the gateway itself may queue: what the link carries in a moment, so that nothing gets old. */

const KIB = 1024;
const LEAST_BYTES = 64 * KIB;
const MOST_BYTES = 4 * 1024 * KIB;
/** The limit is what the link carries in this time. */
const QUEUE_MS = 300;
/** A rate is measured over this time. */
const MEASURE_MS = 2_000;
/** The largest send buffer of Linux: so much may leave at once that the link has not carried. */
const KERNEL_BYTES = 4 * 1024 * KIB;

/**
 * Measures a link by what leaves the queue. It shows only what the kernel accepts, in lumps of up to its whole buffer, so
 * that much never counts. A link that has carried more in a shorter time is faster than known at once; it is slower only
 * if most of a measurement passed with waiting for it.
 */
export class QueueLimit {
  /** Most bytes that may be queued. */
  bytes = LEAST_BYTES;
  #bytesPerMs = 0;
  #from: { readonly leftBytes: number; readonly ms: number };
  #waitedMs = 0;

  constructor(nowMs: number) {
    this.#from = { leftBytes: 0, ms: nowMs };
  }

  /** The source had to wait for this time; altogether, `leftBytes` have left the queue. */
  noteWait(waitedMs: number, leftBytes: number, nowMs: number): void {
    this.#waitedMs += waitedMs;
    const passedMs = nowMs - this.#from.ms;
    const carriedBytes = Math.max(0, leftBytes - this.#from.leftBytes - KERNEL_BYTES);
    const isOver = passedMs >= MEASURE_MS;
    const rate = carriedBytes / Math.max(1, passedMs);
    if (rate > this.#bytesPerMs || isOver && this.#waitedMs * 2 > passedMs) this.#take(rate);
    if (!isOver) return;
    this.#from = { leftBytes, ms: nowMs };
    this.#waitedMs = 0;
  }

  #take(bytesPerMs: number): void {
    this.#bytesPerMs = bytesPerMs;
    this.bytes = Math.round(Math.min(MOST_BYTES, Math.max(LEAST_BYTES, bytesPerMs * QUEUE_MS)));
  }
}
