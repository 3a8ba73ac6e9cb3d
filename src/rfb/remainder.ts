/**
 * The bytes that remain of a chunk after some were dropped or replaced.
 *
 * The chunk itself is never changed, since another part of the program may own it (the built-in desktop, a test). While
 * one range remains it is a view of the chunk; otherwise the bytes are copied once.
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

  /** Keeps the chunk's bytes in [from, to); call it in ascending order. */
  keep(from: number, to: number): void {
    if (this.#copy) this.#append(this.#chunk.subarray(from, to));
    else if (this.#to === from) this.#to = to;
    else if (this.#from === this.#to) [this.#from, this.#to] = [from, to];
    else this.insert(this.#chunk.subarray(from, to));
  }

  /**
   * Inserts other bytes at this point. Each call but the first must replace at least as many bytes of the chunk, so
   * that the copy never grows.
   */
  insert(bytes: Uint8Array): void {
    if (!this.#copy) {
      this.#copy = new Uint8Array(this.#chunk.length + bytes.length);
      this.#append(this.#chunk.subarray(this.#from, this.#to));
    }
    this.#append(bytes);
  }

  /** The bytes that remain: the chunk itself, a view of it, or a copy. Forgets the chunk. */
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

/** The empty array. */
export const EMPTY: Uint8Array = new Uint8Array(0);
