/** The buffer into which one session reads: small while it is quiet, large while it streams. */
import type { Turns } from "./turns.ts";

/** Many sessions are quiet. A read that fills the buffer makes the next one four times as large. */
const LEAST_BYTES = 1024;
/** Up to this size it may grow without a look at what the others do. */
const FREE_BYTES = 64 * 1024;
/** After more reads in a row than this that leave three quarters of the buffer empty, it shrinks. */
const SHRINK_AFTER_READS = 64;

/** A buffer for one read after the other. */
export class ReadBuffer {
  readonly #turns: Turns;
  #buffer = new ArrayBuffer(LEAST_BYTES);
  #size = LEAST_BYTES;
  #spareReads = 0;

  constructor(turns: Turns) {
    this.#turns = turns;
  }

  /** Where the next read may write, at most `roomBytes` unless that is very little. */
  lend(roomBytes: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#buffer, 0, Math.min(this.#size, Math.max(LEAST_BYTES, roomBytes)));
  }

  /** Whether bytes fill so much of the buffer that giving it away wastes less than a copy costs. */
  isFilledBy({ length }: Uint8Array): boolean {
    return length * 2 >= this.#size;
  }

  /** Takes the buffer back with what was read into it, or gets a new one if that was given away. */
  takeBack({ buffer, length }: Uint8Array<ArrayBuffer>, isGiven: boolean): void {
    const before = this.#size;
    this.#size = this.#chooseSize(length);
    this.#buffer = isGiven || this.#size !== before ? new ArrayBuffer(this.#size) : buffer;
  }

  #chooseSize(length: number): number {
    const size = this.#size;
    const mostBytes = size < FREE_BYTES ? FREE_BYTES : this.#turns.mostBytes;
    this.#spareReads = length * 4 <= size ? this.#spareReads + 1 : 0;
    if (size > mostBytes) return mostBytes;
    if (length === size && size < mostBytes) return size * 4;
    if (this.#spareReads <= SHRINK_AFTER_READS || size === LEAST_BYTES) return size;
    this.#spareReads = 0;
    return size / 4;
  }
}
