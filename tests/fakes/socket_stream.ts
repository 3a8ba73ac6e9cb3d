import type { Socket } from "node:net";
import type { ByteStream } from "../../src/bridge/byte_stream.ts";

/** What is read ahead of the reader, in bytes: little, so that a reader that stops is soon felt by the other side. */
const READ_AHEAD_BYTES = 64 * 1024;

/** A socket of node:net as a byte stream; unlike Deno's own connections it can be reset. */
export class SocketStream implements ByteStream {
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  readonly writable: WritableStream<Uint8Array>;
  /** Resolves when the socket is gone, however it went. */
  readonly closed: Promise<void>;
  /** Resolves when the other side sends no more: it ended, or the socket is gone. */
  readonly ended: Promise<void>;
  /** Bytes that arrived and were taken from the kernel. */
  receivedBytes = 0;
  /** Bytes that the kernel took. */
  sentBytes = 0;
  readonly #socket: Socket;

  constructor(socket: Socket, onChange: () => void = () => {}) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("error", () => {});
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
    this.ended = new Promise((resolve) => {
      socket.once("end", () => resolve());
      socket.once("close", () => resolve());
    });
    this.readable = new ReadableStream({
      type: "bytes",
      start: (controller) => this.#feed(controller, onChange),
      pull: () => void socket.resume(),
    }, { highWaterMark: READ_AHEAD_BYTES });
    this.writable = new WritableStream({ write: (chunk) => this.write(chunk) });
  }

  /** Sends bytes; resolves when the kernel has them, which it has not while the other side does not read. */
  write(bytes: Uint8Array): Promise<void> {
    if (this.#socket.destroyed) return Promise.reject(new Error("The socket is closed"));
    return new Promise((resolve, reject) => {
      this.closed.then(() => reject(new Error("The socket is closed")));
      this.#socket.write(new Uint8Array(bytes), (error) => {
        if (error) return reject(error);
        this.sentBytes += bytes.length;
        resolve();
      });
    });
  }

  /** Says that no more is sent (FIN) and goes on reading. */
  closeWrite(): void {
    this.#socket.end();
  }

  /** Closes both directions; what was written is sent, unless unread bytes make the kernel answer with a reset. */
  close(): void {
    this.#socket.destroy();
  }

  /** Ends the connection with a TCP reset; on a unix socket this is a close. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  #feed(controller: ReadableByteStreamController, onChange: () => void): void {
    this.#socket.on("data", (chunk: Uint8Array) => {
      this.receivedBytes += chunk.length;
      controller.enqueue(new Uint8Array(chunk));
      if ((controller.desiredSize ?? 0) <= 0) this.#socket.pause();
      onChange();
    });
    this.#socket.once("end", () => {
      controller.close();
      controller.byobRequest?.respond(0);
    });
    this.#socket.once("close", () => {
      if (!this.#socket.readableEnded) controller.error(new Error("The connection was cut"));
      onChange();
    });
    this.#socket.pause();
  }
}
