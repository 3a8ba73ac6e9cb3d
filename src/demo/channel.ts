import type { ByteStream } from "../bridge/byte_stream.ts";

/** Bytes that one direction holds before its writer must wait. */
const CAPACITY_BYTES = 256 * 1024;

/** Makes two byte streams, each the other's far end, like a connected pair of sockets. */
export function createStreamPair(): [ByteStream, ByteStream] {
  const there = new Channel();
  const back = new Channel();
  const join = (incoming: Channel, outgoing: Channel): ByteStream => ({
    readable: incoming.readable,
    writable: outgoing.writable,
    close() {
      outgoing.end();
      incoming.abandon();
    },
  });
  return [join(back, there), join(there, back)];
}

/** One direction: delivers written bytes in order; the writer waits while the reader is behind. */
class Channel {
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly writable: WritableStream<Uint8Array<ArrayBufferLike>>;
  #controller!: ReadableByteStreamController;
  #open = true;
  #wake = () => {};

  constructor() {
    this.readable = new ReadableStream({
      type: "bytes",
      start: (controller) => void (this.#controller = controller),
      pull: () => this.#wake(),
      cancel: () => this.abandon(),
    }, { highWaterMark: CAPACITY_BYTES });
    this.writable = new WritableStream({
      write: (chunk) => this.#write(chunk),
      close: () => this.end(),
      abort: (reason) => this.#fail(reason),
    });
  }

  /** Ends the direction: the reader gets the bytes in transit, then the end. */
  end(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#wake();
    this.#controller.close();
    this.#controller.byobRequest?.respond(0);
  }

  /** Fails the writer's next byte, since the reader is gone. */
  abandon(): void {
    this.#fail(new Error("The stream is closed"));
  }

  #fail(reason: unknown): void {
    if (!this.#open) return;
    this.#open = false;
    this.#wake();
    this.#controller.error(reason);
  }

  /** Copies the chunk, since the writer may reuse its buffer (Buffer's slice() would not copy). */
  async #write(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length;) {
      while (this.#open && this.#room() <= 0) await new Promise<void>((resolve) => this.#wake = resolve);
      if (!this.#open) throw new Error("The stream is closed");
      const end = Math.min(chunk.length, at + this.#room());
      this.#controller.enqueue(new Uint8Array(chunk.subarray(at, end)));
      at = end;
    }
  }

  #room(): number {
    return this.#controller.desiredSize ?? 0;
  }
}
