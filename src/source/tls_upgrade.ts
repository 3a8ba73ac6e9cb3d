/** TLS over a stream that is already open, as VeNCrypt needs it. */
import { Buffer } from "node:buffer";
import { isIP } from "node:net";
import { Duplex } from "node:stream";
import { connect, type TLSSocket } from "node:tls";
import type { ByteStream } from "../bridge/byte_stream.ts";

const READ_BYTES = 64 * 1024;

/** An upgraded stream and the certificate of the source, which is not verified yet. */
export interface TlsUpgrade {
  readonly stream: ByteStream;
  /** The source's certificate in DER. */
  readonly certificate: Uint8Array;
  /** Why the certificate is not signed by a trusted CA, as an OpenSSL code; undefined if it is. */
  readonly caError?: string;
}

interface TlsOptions {
  /** PEM text of the CAs to trust instead of the system's. */
  readonly ca?: string | undefined;
  /** The name for SNI. */
  readonly serverName?: string | undefined;
}

/**
 * Starts TLS as a client. It uses node:tls, because Deno.startTls refuses the usual self-signed certificate, cannot pin
 * one, and accepts only TCP connections of Deno. Any certificate is accepted here: the caller verifies it before sending
 * anything.
 *
 * @throws the error of node:tls when the handshake fails; `stream` is then closed.
 */
export async function upgradeTls(stream: ByteStream, { ca, serverName }: TlsOptions): Promise<TlsUpgrade> {
  const wire = new StreamDuplex(stream);
  const socket = connect({
    socket: wire,
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
    ...(ca === undefined ? {} : { ca }),
    ...(serverName === undefined || isIP(serverName) ? {} : { servername: serverName }),
  });
  // An error event without a listener would end the process; the promises below report the error.
  socket.on("error", () => {});
  await untilSecure(socket).catch((error) => {
    socket.destroy();
    stream.close();
    throw error;
  });
  const certificate = new Uint8Array(socket.getPeerCertificate().raw ?? []);
  const error = socket.authorizationError as Error & { code?: string } | string | null;
  const caError = typeof error === "string" ? error : error?.code ?? error?.message;
  return {
    stream: wrapSocket(socket, wire, stream),
    certificate,
    ...(socket.authorized || caError === undefined ? {} : { caError }),
  };
}

function untilSecure(socket: TLSSocket): Promise<void> {
  return new Promise((done, fail) => {
    socket.once("secureConnect", done);
    socket.once("error", fail);
    socket.once("close", () => fail(new Error("the connection was closed")));
  });
}

/** A ByteStream as the Duplex that node:tls expects. It reads on demand, and confirms a write when it is done. */
class StreamDuplex extends Duplex {
  /** Why the connection below broke; undefined if it did not, or if the source closed it. */
  failure: unknown;
  /** Deno's TLSSocket reads without limit, so backpressure is applied here: false stops reading after this piece. */
  #flows = true;
  #asked = false;
  readonly #stream: ByteStream;
  readonly #reader: ReadableStreamBYOBReader;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array<ArrayBufferLike>>;

  constructor(stream: ByteStream) {
    super({ autoDestroy: true });
    this.on("error", () => {});
    this.#stream = stream;
    this.#reader = stream.readable.getReader({ mode: "byob" });
    this.#writer = stream.writable.getWriter();
    this.#writer.closed.catch(() => {});
  }

  /** Whether more may be read from the stream below. */
  set flows(flows: boolean) {
    this.#flows = flows;
    if (flows && this.#asked) this._read();
  }

  override _read(): void {
    this.#asked = !this.#flows;
    if (this.#asked) return;
    this.#reader.read(new Uint8Array(READ_BYTES)).then(
      ({ value, done }) => this.push(done ? null : Buffer.from(value.buffer, value.byteOffset, value.length)),
      (error) => this.destroy(this.failure = error),
    );
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#writer.write(chunk).then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#stream.close();
    done(error);
  }
}

/** The socket as a ByteStream that is read only on demand. */
function wrapSocket(socket: TLSSocket, wire: StreamDuplex, below: ByteStream): ByteStream {
  const arrival = watchArrivals(socket);
  wire.flows = false;
  return {
    readable: new ReadableStream({
      type: "bytes",
      pull: (controller) => pull(socket, wire, arrival, controller),
      cancel: () => void socket.destroy(),
    }, { highWaterMark: 0 }) as ByteStream["readable"],
    writable: new WritableStream({
      write: (bytes) => new Promise<void>((done, fail) => socket.write(bytes, (error) => error ? fail(error) : done())),
      close: () => void socket.end(),
      abort: () => void socket.destroy(),
    }),
    close: () => {
      socket.destroy();
      below.close();
    },
  };
}

interface Arrivals {
  /** Resolves when something can be read, or the stream has ended. */
  next(): Promise<void>;
  ended: boolean;
}

function watchArrivals(socket: TLSSocket): Arrivals {
  let waiting = Promise.withResolvers<void>();
  const arrivals: Arrivals = { ended: false, next: () => (waiting = Promise.withResolvers<void>()).promise };
  const end = () => {
    arrivals.ended = true;
    waiting.resolve();
  };
  socket.on("readable", () => waiting.resolve());
  // An end without close_notify ends the stream too; everything before it has been read.
  for (const event of ["end", "close", "error"]) socket.on(event, end);
  return arrivals;
}

async function pull(
  socket: TLSSocket,
  wire: StreamDuplex,
  arrivals: Arrivals,
  controller: ReadableByteStreamController,
): Promise<void> {
  const room = controller.byobRequest?.view?.byteLength ?? READ_BYTES;
  while (socket.readableLength === 0 && !arrivals.ended) {
    wire.flows = true;
    // Reading from an empty socket makes it fetch more.
    if (socket.read(0) === null && socket.readableLength === 0) await arrivals.next();
  }
  wire.flows = false;
  const bytes: Buffer | null = socket.read(Math.min(room, socket.readableLength));
  if (bytes !== null && bytes.length > 0) return controller.enqueue(new Uint8Array(bytes));
  if (wire.failure !== undefined) return controller.error(wire.failure);
  controller.close();
  controller.byobRequest?.respond(0);
}
