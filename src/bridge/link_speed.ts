/** An estimate of how long the kernel needs to send the bytes that it holds; the runtime has no function for that. */

/** Largest send buffer of Linux, which it reaches on a fast link. */
const KERNEL_BUFFER_BYTES = 4 * 1024 * 1024;
/** Size of the send buffer of a link whose speed is not known yet, and the speed of a slow link. */
const FRESH_BUFFER_BYTES = 256 * 1024;
const SLOW_BYTES_PER_MS = 128;
/** The kernel accepts bytes in lumps, so a speed is that of several waits: of those up to this time ago, roughly. */
const REMEMBERED_MS = 4_000;
/** A smaller backlog shows how busy the event loop is, not how fast the link is. */
const TELLING_BYTES = 16 * 1024;
const LINGER_MIN_MS = 50;
const LINGER_MAX_MS = 30_000;

/** Measures how fast a link carries the bytes that are written to a socket. */
export class LinkSpeed {
  readonly #now: () => number;
  #sentBytes = 0;
  #firstSendAt = 0;
  #lastSendAt = 0;
  #drainedBytes = 0;
  #drainedMs = 0;

  /** @param now milliseconds that never go back */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Records bytes that were written to the socket. */
  sent(bytes: number): void {
    this.#lastSendAt = this.#now();
    if (this.#sentBytes === 0) this.#firstSendAt = this.#lastSendAt;
    this.#sentBytes += bytes;
  }

  /** Records by how many bytes a backlog shrank in this time: while there is a backlog, the kernel's buffer is full. */
  drained(bytes: number, elapsedMs: number): void {
    if (bytes < TELLING_BYTES) return;
    const kept = this.#drainedMs > REMEMBERED_MS ? 1 / 2 : 1;
    this.#drainedBytes = this.#drainedBytes * kept + bytes;
    this.#drainedMs = this.#drainedMs * kept + Math.max(1, elapsedMs);
  }

  /** Milliseconds after which the last byte has most likely left the machine. */
  lingerMs(): number {
    const quietMs = this.#now() - this.#lastSendAt;
    return Math.min(LINGER_MAX_MS, Math.max(LINGER_MIN_MS, this.#heldMs() - quietMs));
  }

  #heldMs(): number {
    const heldBytes = Math.min(KERNEL_BUFFER_BYTES, this.#sentBytes);
    if (this.#drainedBytes > 0) return heldBytes * this.#drainedMs / this.#drainedBytes;
    // More was written than the kernel can hold, so the link has carried the rest since the first byte.
    const leftBytes = this.#sentBytes - KERNEL_BUFFER_BYTES;
    if (leftBytes > 0) return heldBytes * (this.#lastSendAt - this.#firstSendAt) / leftBytes;
    return Math.min(FRESH_BUFFER_BYTES, heldBytes) / SLOW_BYTES_PER_MS;
  }
}
