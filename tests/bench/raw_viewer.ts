/** A viewer on a raw socket: upgrades by hand, answers the RFB handshake, and from then on only counts payload bytes. */
import { SUBPROTOCOL, writeMessage } from "../../src/side_channel/messages.ts";
import { encodeFrame, FrameCounter } from "./frames.ts";
import { Side } from "./side.ts";
import { SOURCE_STEPS, VIEWER_STEPS } from "./wire.ts";

const pong = encodeFrame(10, new Uint8Array(0));
const close = encodeFrame(8, new Uint8Array([0x03, 0xe8]));

const TEXT = 1;

/** One session over a raw TCP or TLS connection; one that acknowledges can go on over another. */
export class RawViewer {
  readonly #conn: Deno.TcpConn | Deno.TlsConn;
  readonly #buffer: Uint8Array<ArrayBuffer>;
  readonly #counter: FrameCounter;
  readonly #side: Side | undefined;

  private constructor(conn: Deno.TcpConn | Deno.TlsConn, bufferBytes: number, side?: Side, payloadBytes = 0) {
    this.#conn = conn;
    this.#buffer = new Uint8Array(bufferBytes);
    this.#side = side;
    this.#counter = new FrameCounter(side && ((text) => side.takeText(text)), payloadBytes);
  }

  /** Opens a session at a ws: or wss: address and goes through the RFB handshake. @throws when anything is refused. */
  static async open(url: URL, bufferBytes: number): Promise<RawViewer> {
    const viewer = new RawViewer(await connect(url), bufferBytes);
    await viewer.#upgrade(url, "binary");
    await viewer.#shakeHands();
    return viewer;
  }

  /** The same with a session that acknowledges, as the page's does. */
  static async openResumable(url: URL, bufferBytes: number): Promise<RawViewer> {
    const side: Side = new Side(url.protocol === "wss:", (text) => void viewer.#sendText(text).catch(() => {}));
    const viewer = new RawViewer(await connect(url), bufferBytes, side);
    await viewer.#upgrade(addFlag(url, "new"), SUBPROTOCOL);
    await viewer.#sendText(writeMessage({ type: "begin" }));
    await viewer.#shakeHands();
    return viewer;
  }

  /** Loses the connection, without a word, and comes back over another. @throws when the session cannot be resumed */
  async comeBack(url: URL): Promise<RawViewer> {
    this.#side?.stop();
    this.#conn.close();
    const token = this.#side?.resumable?.token;
    if (this.#side === undefined || token === undefined) throw new Error("The gateway keeps no session");
    const { received } = this.#side;
    const side: Side = this.#side.moveTo((text) => void viewer.#sendText(text).catch(() => {}));
    const viewer = new RawViewer(await connect(url), this.#buffer.length, side, this.#counter.wholeBytes);
    await viewer.#upgrade(addFlag(url, "held"), SUBPROTOCOL);
    await viewer.#sendText(writeMessage({ type: "resume", token, received }));
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
    this.#side?.stop();
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
    this.#side?.takeBytes(this.#counter.wholeBytes);
    for (; this.#counter.pings > 0; this.#counter.pings--) await this.send(pong);
    return !this.#counter.closed;
  }

  #sendText(text: string): Promise<void> {
    return this.send(encodeFrame(TEXT, new TextEncoder().encode(text)));
  }

  async #upgrade(url: URL, subprotocol: string): Promise<void> {
    const request = `GET ${url.pathname}${url.search} HTTP/1.1\r\nHost: ${url.host}\r\n` +
      "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
      "Sec-WebSocket-Key: cG9ydGhvbGUtYmVuY2ghIQ==\r\n" +
      `Sec-WebSocket-Protocol: ${subprotocol}\r\n\r\n`;
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
    this.#side?.takeBytes(this.#counter.wholeBytes);
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

/** Small frames leave at once, as a browser's do. */
async function connect(url: URL): Promise<Deno.TcpConn | Deno.TlsConn> {
  const tcp = await Deno.connect({ hostname: url.hostname, port: Number(url.port) });
  tcp.setNoDelay(true);
  return url.protocol === "wss:" ? await Deno.startTls(tcp, { hostname: url.hostname }) : tcp;
}

function addFlag(url: URL, resume: "new" | "held"): URL {
  const flagged = new URL(url);
  flagged.searchParams.set("resume", resume);
  return flagged;
}
