/** How long a kernel needs for what it still holds, which no interface of the runtime tells. */

/** Linux lets a send buffer grow to this while the link takes what it gets. */
const KERNEL_BUFFER_BYTES = 4 * 1024 * 1024;
/** What a send buffer takes before it has seen how fast the link is, and a slow link's speed. */
const FRESH_BUFFER_BYTES = 256 * 1024;
const SLOW_BYTES_PER_MS = 128;
/** A smaller backlog says how busy the event loop was, not how fast the link is. */
const TELLING_BYTES = 16 * 1024;
const LINGER_MIN_MS = 50;
const LINGER_MAX_MS = 30_000;

/** Watches what is handed to a socket and how fast it leaves. */
export class LinkSpeed {
  readonly #now: () => number;
  #sentBytes = 0;
  #firstSendAt = 0;
  #lastSendAt = 0;
  #drainedBytesPerMs = 0;

  /** @param now milliseconds that never go back */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** So many bytes were handed over. */
  sent(bytes: number): void {
    this.#lastSendAt = this.#now();
    if (this.#sentBytes === 0) this.#firstSendAt = this.#lastSendAt;
    this.#sentBytes += bytes;
  }

  /** A backlog shrank by so many bytes in this time: while there is a backlog, the kernel's buffer is full. */
  drained(bytes: number, elapsedMs: number): void {
    if (bytes >= TELLING_BYTES) this.#drainedBytesPerMs = bytes / Math.max(1, elapsedMs);
  }

  /** Milliseconds after which the last byte has most likely left the machine. */
  lingerMs(): number {
    const quietMs = this.#now() - this.#lastSendAt;
    return Math.min(LINGER_MAX_MS, Math.max(LINGER_MIN_MS, this.#heldMs() - quietMs));
  }

  #heldMs(): number {
    const heldBytes = Math.min(KERNEL_BUFFER_BYTES, this.#sentBytes);
    if (this.#drainedBytesPerMs > 0) return heldBytes / this.#drainedBytesPerMs;
    // More went than the kernel can hold, so the rest has left in the time since the first byte.
    const leftBytes = this.#sentBytes - KERNEL_BUFFER_BYTES;
    if (leftBytes > 0) return heldBytes * (this.#lastSendAt - this.#firstSendAt) / leftBytes;
    return Math.min(FRESH_BUFFER_BYTES, heldBytes) / SLOW_BYTES_PER_MS;
  }
}
