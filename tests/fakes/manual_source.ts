import type { ByteStream } from "../../src/bridge/byte_stream.ts";

/** A source whose reads the test answers one by one, and whose writes it sees. */
export class ManualSource implements ByteStream {
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly writable: WritableStream<Uint8Array>;
  /** How many bytes each read asked for, so far. */
  readonly readSizes: number[] = [];
  /** What was written, so far. */
  readonly written: Uint8Array[] = [];
  /** Called before a write is taken; it may throw, or hold the write up. */
  onWrite: (bytes: Uint8Array) => Promise<void> | void = () => {};
  #read = Promise.withResolvers<ReadableByteStreamController>();
  #answered: () => void = () => {};
  #isRead = false;

  constructor() {
    this.readable = new ReadableStream({ type: "bytes", pull: (controller) => this.#pull(controller) });
    this.writable = new WritableStream({
      write: async (bytes) => {
        await this.onWrite(bytes);
        this.written.push(bytes.slice());
      },
    });
  }

  /** Whether a read waits for its answer. */
  get isRead(): boolean {
    return this.#isRead;
  }

  /** Resolves when a read waits for its answer. */
  async waitForRead(): Promise<void> {
    await this.#read.promise;
  }

  /** Answers reads with these bytes; resolves when all have been handed over. */
  async give(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const { byobRequest } = await this.#read.promise;
      const view = byobRequest!.view as Uint8Array;
      const part = bytes.subarray(at, at + view.byteLength);
      new Uint8Array(view.buffer, view.byteOffset, view.byteLength).set(part);
      byobRequest!.respond(part.length);
      this.#answer();
      at += part.length;
    }
  }

  /** Answers reads with bytes that nobody looks at: each `share` of what it asked for, rounded up. */
  async giveShare(share: number, reads = 1): Promise<void> {
    for (let at = 0; at < reads; at++) {
      await this.waitForRead();
      await this.give(new Uint8Array(Math.ceil(this.readSizes.at(-1)! * share)));
    }
  }

  /** Ends the stream, as a FIN does. */
  async finish(): Promise<void> {
    const controller = await this.#read.promise;
    controller.close();
    controller.byobRequest?.respond(0);
    this.#answer();
  }

  /** Fails the stream, as a reset does. */
  async reset(): Promise<void> {
    const controller = await this.#read.promise;
    controller.error(new Error("Connection reset by peer"));
    this.#answer();
  }

  close(): void {}

  #pull(controller: ReadableByteStreamController): Promise<void> {
    this.readSizes.push(controller.byobRequest!.view!.byteLength);
    this.#isRead = true;
    this.#read.resolve(controller);
    return new Promise((answered) => this.#answered = answered);
  }

  #answer(): void {
    this.#isRead = false;
    this.#read = Promise.withResolvers();
    this.#answered();
  }
}
