import { PortholeError } from "../errors.ts";

/** Reads a byte stream in the pieces that RFB messages are made of; numbers are big-endian (RFC 6143 section 7). */
export class ByteReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;
  #chunk: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  constructor(readable: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.#reader = readable.getReader();
  }

  /**
   * Whether the stream has ended; waits for the next byte or the end.
   * @throws {PortholeError} `viewer_left` when the stream fails, as it does after a reset.
   */
  async atEnd(): Promise<boolean> {
    while (this.#chunk.length === 0) {
      const { value, done } = await this.#reader.read().catch((cause) => {
        throw new PortholeError("viewer_left", "The viewer left", { cause });
      });
      if (done) return true;
      this.#chunk = value;
    }
    return false;
  }

  /**
   * Reads the next `count` bytes, which the caller has capped.
   * @throws {PortholeError} `viewer_malformed` if the stream ends before them.
   */
  async read(count: number): Promise<Uint8Array<ArrayBuffer>> {
    if (this.#chunk.length >= count) return this.#take(count);
    const bytes = new Uint8Array(count);
    for (let filled = 0; filled < count;) {
      if (await this.atEnd()) throw new PortholeError("viewer_malformed", "The viewer left in the middle of a message");
      const part = this.#take(Math.min(count - filled, this.#chunk.length));
      bytes.set(part, filled);
      filled += part.length;
    }
    return bytes;
  }

  /** Reads the next `count` bytes as a view for numbers. @throws {PortholeError} as `read` does. */
  async view(count: number): Promise<DataView<ArrayBuffer>> {
    const bytes = await this.read(count);
    return new DataView(bytes.buffer, bytes.byteOffset, count);
  }

  #take(count: number): Uint8Array<ArrayBuffer> {
    const taken = this.#chunk.subarray(0, count);
    this.#chunk = this.#chunk.subarray(count);
    return taken;
  }
}
