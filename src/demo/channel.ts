import type { ByteStream } from "../bridge/byte_stream.ts";

/** What one direction holds before its writer has to wait, in bytes. */
const CAPACITY_BYTES = 256 * 1024;

/** Two byte streams, each the other's far end, as a connected pair of sockets is. */
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

/** One direction: bytes written come out in order; the writer waits while the reader is behind. */
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

  /** No more bytes: the reader gets those on the way, then the end. */
  end(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#wake();
    this.#controller.close();
    this.#controller.byobRequest?.respond(0);
  }

  /** Nobody reads any more: the writer's next byte fails. */
  abandon(): void {
    this.#fail(new Error("The stream is closed"));
  }

  #fail(reason: unknown): void {
    if (!this.#open) return;
    this.#open = false;
    this.#wake();
    this.#controller.error(reason);
  }

  /** Copied, because the reader is given the buffer and the writer may use its own again (Buffer's slice() does not copy). */
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
