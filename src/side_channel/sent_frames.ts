/** What one end of a session has sent, counted, until the other acknowledges it. Gateway and page share it. Pure. */

/** A frame that counts: RFB bytes, or a message of the side channel. */
export type Frame = Uint8Array<ArrayBuffer> | string;

/** Places of acknowledged frames that stay in the list until it is worth removing them. */
const MOST_SPENT = 64;
const SPENT: Frame = "";

/**
 * The frames of one direction that are not acknowledged yet. A position is the length of everything that was sent before
 * it: octets of binary frames, UTF-16 units of text frames. WebSockets deliver whole messages (RFC 6455 section 5.4), so
 * every position that the other end can have reached is the end of a frame.
 */
export class SentFrames {
  #frames: Frame[] = [];
  /** Index of the first frame that is not acknowledged. */
  #first = 0;
  #acknowledged = 0;
  #sent = 0;

  /** Position after the last frame. */
  get sent(): number {
    return this.#sent;
  }

  /** Position up to which the other end has everything. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Length of what is not acknowledged. */
  get pending(): number {
    return this.#sent - this.#acknowledged;
  }

  /** Number of frames that are not acknowledged. */
  get count(): number {
    return this.#frames.length - this.#first;
  }

  /** Adds a frame; its bytes must not change any more. */
  push(frame: Frame): void {
    this.#frames.push(frame);
    this.#sent += frame.length;
  }

  /** Removes what lies before the position; false, without a change, if the other end cannot have reached it. */
  acknowledge(position: number): boolean {
    let [at, first] = [this.#acknowledged, this.#first];
    while (at < position && first < this.#frames.length) at += this.#frames[first++]!.length;
    if (at !== position) return false;
    this.#acknowledged = at;
    this.#frames.fill(SPENT, this.#first, first);
    this.#first = first;
    if (first > MOST_SPENT && first * 2 > this.#frames.length) this.#compact();
    return true;
  }

  /** The frames that are not acknowledged, oldest first. */
  list(): readonly Frame[] {
    this.#compact();
    return this.#frames;
  }

  /** Forgets every frame. */
  clear(): void {
    this.#frames = [];
    this.#first = 0;
    this.#acknowledged = this.#sent;
  }

  #compact(): void {
    this.#frames = this.#frames.slice(this.#first);
    this.#first = 0;
  }
}
