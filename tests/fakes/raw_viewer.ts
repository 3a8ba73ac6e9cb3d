/** A viewer over a bare socket: it can stop reading, cut frames anywhere, half-close and reset, as no browser would. */
import { connect, type Socket } from "node:net";

/** RFC 6455 section 11.8. */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

const WAIT_MS = 10_000;

/** One WebSocket connection, as the wire shows it. */
export class RawViewer implements AsyncDisposable {
  /** The answer's status; 0 while it is not there. */
  status = 0;
  /** The answer's head. */
  head = "";
  /** Ping frames, each of which was answered. */
  pings = 0;
  /** Bytes of binary frames. */
  downBytes = 0;
  readonly texts: string[] = [];
  /** What the close frame said; a frame without a code is 1005. */
  close: { code: number; reason: string } | undefined;
  /** The socket is gone, however it went. */
  isGone = false;
  readonly gone: Promise<void>;
  /** Told of the payload of each binary frame. */
  onBytes: (bytes: Uint8Array) => void = () => {};
  /** Told of each text frame. */
  onText: (text: string) => void = () => {};
  /** Told of the close frame. */
  onClose: () => void = () => {};
  readonly #socket: Socket;
  readonly #watchers = new Set<() => void>();
  #rest: Uint8Array = new Uint8Array(0);

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("error", () => {});
    socket.on("data", (chunk: Uint8Array) => this.#receive(chunk));
    this.gone = new Promise((done) =>
      socket.once("close", () => {
        this.isGone = true;
        this.#look();
        done();
      })
    );
  }

  /** What arrived and is no frame, as text. */
  get rest(): string {
    return new TextDecoder("latin1").decode(this.#rest);
  }

  /** Sends bytes as they are; resolves when the kernel has them, or the socket is gone. */
  write(bytes: Uint8Array | string): Promise<void> {
    return new Promise((done) => {
      if (this.#socket.destroyed) return done();
      this.#socket.write(bytes, () => done());
      this.gone.then(done);
    });
  }

  /** Sends a frame, masked as a viewer's must be (RFC 6455 section 5.3) with a key of zeros. */
  send(payload: Uint8Array | string, opcode: number = typeof payload === "string" ? 1 : 2): Promise<void> {
    return this.write(encodeFrame(typeof payload === "string" ? new TextEncoder().encode(payload) : payload, opcode));
  }

  /** Sends a close frame. */
  sendClose(code = 1000): Promise<void> {
    return this.send(Uint8Array.of(code >> 8, code & 255), OPCODE.close);
  }

  stopReading(): void {
    this.#socket.pause();
  }

  readOn(): void {
    this.#socket.resume();
  }

  /** Sends no more (FIN), and goes on reading. */
  halfClose(): void {
    this.#socket.end();
  }

  /** Closes both ways. */
  leave(): void {
    this.#socket.destroy();
  }

  /** Ends the connection with a TCP reset. */
  reset(): void {
    if (!this.#socket.destroyed) this.#socket.resetAndDestroy();
  }

  /** Resolves once the condition holds; looked at whenever something arrives. */
  async until(condition: (viewer: this) => boolean): Promise<void> {
    if (condition(this)) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const look = () => {
      if (condition(this)) resolve();
      else if (this.isGone) reject(new Error(`Gone before ${condition}`));
    };
    const timer = setTimeout(() => reject(new Error(`Waited in vain for ${condition}`)), WAIT_MS);
    this.#watchers.add(look);
    look();
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#watchers.delete(look);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    await this.gone;
  }

  #look(): void {
    for (const look of this.#watchers) look();
  }

  #receive(chunk: Uint8Array): void {
    this.#rest = this.#rest.length === 0 ? chunk : concat(this.#rest, chunk);
    if (this.status === 0 && !this.#readHead()) return;
    while (this.#readFrame());
    this.#look();
  }

  #readHead(): boolean {
    const text = new TextDecoder("latin1").decode(this.#rest);
    const end = text.indexOf("\r\n\r\n");
    if (end < 0) return false;
    this.head = text.slice(0, end);
    this.status = Number(this.head.split(" ")[1]);
    this.#rest = this.#rest.subarray(end + 4);
    return true;
  }

  /** RFC 6455 section 5.2; the gateway's frames are whole and not masked. */
  #readFrame(): boolean {
    const rest = this.#rest;
    if (this.status !== 101 || rest.length < 2) return false;
    const view = new DataView(rest.buffer, rest.byteOffset, rest.byteLength);
    const short = rest[1]! & 127;
    const headBytes = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (rest.length < headBytes) return false;
    const size = short < 126 ? short : short === 126 ? view.getUint16(2) : Number(view.getBigUint64(2));
    if (rest.length < headBytes + size) return false;
    this.#rest = rest.subarray(headBytes + size);
    this.#take(rest[0]! & 15, rest.subarray(headBytes, headBytes + size));
    return true;
  }

  #take(opcode: number, payload: Uint8Array): void {
    if (opcode === OPCODE.binary) {
      this.downBytes += payload.length;
      this.onBytes(payload);
    }
    if (opcode === OPCODE.text) {
      this.texts.push(new TextDecoder().decode(payload));
      this.onText(this.texts.at(-1)!);
    }
    if (opcode === OPCODE.ping) {
      this.pings++;
      this.send(payload, OPCODE.pong);
    }
    if (opcode === OPCODE.close) {
      const code = payload.length < 2 ? 1005 : payload[0]! << 8 | payload[1]!;
      this.close = { code, reason: new TextDecoder().decode(payload.subarray(2)) };
      this.onClose();
    }
  }
}

function concat(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

/** A frame of a viewer. */
export function encodeFrame(payload: Uint8Array, opcode: number = OPCODE.binary, fin = true): Uint8Array {
  const { length } = payload;
  const headBytes = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = new Uint8Array(headBytes + 4 + length);
  const view = new DataView(frame.buffer);
  frame[0] = (fin ? 128 : 0) | opcode;
  frame[1] = 128 | (headBytes === 2 ? length : headBytes === 4 ? 126 : 127);
  if (headBytes === 4) view.setUint16(2, length);
  if (headBytes === 10) view.setBigUint64(2, BigInt(length));
  frame.set(payload, headBytes + 4);
  return frame;
}

/** The handshake of RFC 6455 section 4.1, with headers put in, changed, or left out by `undefined`. */
export function requestUpgrade(port: number, path: string, headers: Record<string, string | undefined> = {}): string {
  const all: Record<string, string | undefined> = {
    Host: `127.0.0.1:${port}`,
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "cG9ydGhvbGUgaXMgbXV0ZQ==",
    ...headers,
  };
  const lines = Object.entries(all).flatMap(([name, value]) => value === undefined ? [] : [`${name}: ${value}`]);
  return [`GET ${path} HTTP/1.1`, ...lines, "", ""].join("\r\n");
}

/** Connects, and sends the request when there is one. */
export function dialRaw(port: number, request = ""): RawViewer {
  const viewer = new RawViewer(connect({ port, host: "127.0.0.1" }));
  if (request !== "") viewer.write(request);
  return viewer;
}

/** Connects and waits for the answer, whatever it is. */
export async function openRaw(
  port: number,
  path = "/ws/vnc/pi",
  headers: Record<string, string | undefined> = { "Sec-WebSocket-Protocol": "binary" },
): Promise<RawViewer> {
  const viewer = dialRaw(port, requestUpgrade(port, path, headers));
  await viewer.until(({ status }) => status !== 0);
  return viewer;
}
