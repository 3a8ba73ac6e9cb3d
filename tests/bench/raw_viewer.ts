/** A viewer on a raw socket: upgrades by hand, answers the RFB handshake, and from then on only counts payload bytes. */
import { encodeFrame, FrameCounter } from "./frames.ts";
import { SOURCE_STEPS, VIEWER_STEPS } from "./wire.ts";

const pong = encodeFrame(10, new Uint8Array(0));
const close = encodeFrame(8, new Uint8Array([0x03, 0xe8]));

/** One session over a raw TCP or TLS connection. */
export class RawViewer {
  readonly #conn: Deno.TcpConn | Deno.TlsConn;
  readonly #buffer: Uint8Array<ArrayBuffer>;
  readonly #counter = new FrameCounter();

  private constructor(conn: Deno.TcpConn | Deno.TlsConn, bufferBytes: number) {
    this.#conn = conn;
    this.#buffer = new Uint8Array(bufferBytes);
  }

  /** Opens a session at a ws: or wss: address and goes through the RFB handshake. @throws when anything is refused. */
  static async open(url: URL, bufferBytes: number): Promise<RawViewer> {
    const address = { hostname: url.hostname, port: Number(url.port) };
    const tcp = await Deno.connect(address);
    tcp.setNoDelay(true);
    const conn = url.protocol === "wss:" ? await Deno.startTls(tcp, { hostname: url.hostname }) : tcp;
    const viewer = new RawViewer(conn, bufferBytes);
    await viewer.#upgrade(url);
    await viewer.#shakeHands();
    return viewer;
  }

  /** Payload bytes received since the upgrade. */
  get payloadBytes(): number {
    return this.#counter.payloadBytes;
  }

  /** Sends a ready-made frame. */
  async send(frame: Uint8Array<ArrayBuffer>): Promise<void> {
    let done = await this.#conn.write(frame);
    while (done < frame.length) done += await this.#conn.write(frame.subarray(done));
  }

  /** Reads until that many payload bytes have arrived since the upgrade; false if the stream ended first. */
  async readTo(payloadBytes: number): Promise<boolean> {
    while (this.#counter.payloadBytes < payloadBytes) {
      if (!await this.#read()) return false;
    }
    return true;
  }

  /** Closes as RFC 6455 section 7.1.1 asks of the client: answers, then waits for the server. */
  async end(): Promise<void> {
    await this.send(close).catch(() => {});
    try {
      this.#conn.close();
    } catch {
      // Already gone.
    }
  }

  async #read(): Promise<boolean> {
    const got = await this.#conn.read(this.#buffer);
    if (got === null) return false;
    this.#counter.take(this.#buffer, got);
    for (; this.#counter.pings > 0; this.#counter.pings--) await this.send(pong);
    return !this.#counter.closed;
  }

  async #upgrade(url: URL): Promise<void> {
    const request = `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\n` +
      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
      "Sec-WebSocket-Key: cG9ydGhvbGUtYmVuY2ghIQ==\r\nSec-WebSocket-Protocol: binary\r\n\r\n";
    await this.send(new TextEncoder().encode(request));
    let have = 0;
    for (
      let head = "";
      !head.includes("\r\n\r\n");
      head = new TextDecoder("latin1").decode(this.#buffer.subarray(0, have))
    ) {
      const got = await this.#conn.read(this.#buffer.subarray(have));
      if (got === null) throw new Error(`The upgrade was not answered: ${head}`);
      have += got;
    }
    const head = new TextDecoder("latin1").decode(this.#buffer.subarray(0, have));
    if (!head.startsWith("HTTP/1.1 101")) throw new Error(`The upgrade was refused: ${head}`);
    const rest = this.#buffer.slice(head.indexOf("\r\n\r\n") + 4, have);
    this.#counter.take(rest, rest.length);
  }

  async #shakeHands(): Promise<void> {
    let expected = 0;
    for (const [index, step] of SOURCE_STEPS.entries()) {
      expected += step.length;
      if (!await this.readTo(expected)) throw new Error(`The stream ended in step ${index} of the handshake`);
      const answer = VIEWER_STEPS[index];
      if (answer !== undefined) await this.send(encodeFrame(2, answer));
    }
  }
}
