/** What all viewers together have not acknowledged, and how much of that one may have. */
import { portionOf } from "../fair_shares.ts";

/** Of what is free, one viewer may come to have this much: beside 16 greedy ones, there is as much again for others. */
const PORTION = 1 / 16;

/** The memory that all viewers of one gateway share for what they may have to send again. */
export class Unacknowledged {
  /** Most bytes of all viewers together; may change at any time. */
  maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** Bytes in use. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Most bytes of one viewer: without a limit until half is in use, then its fair share. */
  get shareBytes(): number {
    if (this.#bytes * 2 <= this.maxBytes) return Infinity;
    return Math.max(0, portionOf(this.#bytes, { max: this.maxBytes, portion: PORTION }));
  }

  /** One viewer has so many bytes more, or fewer. */
  change(bytes: number): void {
    this.#bytes += bytes;
  }
}
