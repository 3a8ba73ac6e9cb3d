/**
 * What is left of a chunk after some of its bytes were dropped or replaced.
 *
 * The chunk itself is never written to, since it may belong to somebody else (the built-in desktop, a test). While what
 * is left is one range of the chunk it is handed on as a view; only otherwise are bytes copied, once.
 */
export class Remainder {
  #chunk: Uint8Array = EMPTY;
  #from = 0;
  #to = 0;
  #copy: Uint8Array | undefined;
  #length = 0;

  /** Starts on a new chunk. */
  begin(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#from = 0;
    this.#to = 0;
    this.#copy = undefined;
    this.#length = 0;
  }

  /** Keeps the chunk's bytes in [from, to); ranges come in order. */
  keep(from: number, to: number): void {
    if (this.#copy) this.#append(this.#chunk.subarray(from, to));
    else if (this.#to === from) this.#to = to;
    else if (this.#from === this.#to) [this.#from, this.#to] = [from, to];
    else this.insert(this.#chunk.subarray(from, to));
  }

  /**
   * Adds bytes that are not the chunk's own at this place; they are copied. Those after the first ones must stand for
   * at least as many of the chunk's, so that the copy never grows.
   */
  insert(bytes: Uint8Array): void {
    if (!this.#copy) {
      this.#copy = new Uint8Array(this.#chunk.length + bytes.length);
      this.#append(this.#chunk.subarray(this.#from, this.#to));
    }
    this.#append(bytes);
  }

  /** What is left: the very chunk, a view of it, or a copy. Forgets the chunk. */
  end(): Uint8Array {
    const whole = this.#to - this.#from === this.#chunk.length;
    const left = this.#copy?.subarray(0, this.#length) ??
      (whole ? this.#chunk : this.#chunk.subarray(this.#from, this.#to));
    this.begin(EMPTY);
    return left;
  }

  #append(bytes: Uint8Array): void {
    this.#copy!.set(bytes, this.#length);
    this.#length += bytes.length;
  }
}

/** No bytes. */
export const EMPTY: Uint8Array = new Uint8Array(0);
