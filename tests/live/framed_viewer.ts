/** A viewer for tests that sends through the up filter and reads through the down framer, with security type None. */
import { createDownFramer, type CutTextPass, type DownFramer } from "../../src/rfb/down_framer.ts";
import { PixelState } from "../../src/rfb/pixel_format.ts";
import { createUpFilter, type UpFilter } from "../../src/rfb/up_filter.ts";
import { readExactly, writeAll } from "../fakes/tcp_source.ts";
import * as client from "../unit/rfb/client_bytes.ts";
import { concat } from "../unit/rfb/cuts.ts";

/** Smaller than most updates, so that heads are split. */
const READ_BYTES = 1500;
/** Enough to look for text; the rest of a long session is not kept. */
const KEPT_CHUNKS = 2000;
const FRAMEBUFFER_UPDATE = 0;

/** The format and encodings that the viewer asks for. */
export interface FramedViewerOptions {
  readonly encodings: readonly number[];
  readonly format?: readonly number[];
  readonly cutText?: CutTextPass;
}

/** A connected viewer that asks for one update after the other. */
export class FramedViewer implements AsyncDisposable {
  readonly messages = new Set<number>();
  readonly encodings = new Set<number>();
  /** FramebufferUpdates so far. */
  updates = 0;
  readonly #connection: Deno.TcpConn;
  readonly #up: UpFilter;
  readonly #down: DownFramer;
  readonly #size: readonly number[];
  readonly #passed: Uint8Array[] = [];
  #isAsking = true;
  #reading: Promise<void>;
  #failure: unknown;

  private constructor(connection: Deno.TcpConn, init: Uint8Array, options: FramedViewerOptions) {
    const pixels = new PixelState(init.subarray(4, 20));
    this.#connection = connection;
    this.#size = [...init.subarray(0, 4)];
    this.#up = createUpFilter({
      viewOnly: false,
      clipboardIn: true,
      clipboardOut: false,
      cutTextLimitBytes: () => 1024 ** 2,
      pixels,
    });
    this.#down = createDownFramer({
      pixels,
      cutText: options.cutText ?? "none",
      onMessage: (type) => this.#noteMessage(type),
      onRectangle: (encoding) => this.encodings.add(encoding),
    });
    this.#reading = this.#read().catch((failure) => {
      this.#failure = failure;
    });
  }

  /** Logs in, asks for the format and encodings, and for the whole desktop. */
  static async connect(port: number, options: FramedViewerOptions): Promise<FramedViewer> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    const viewer = new FramedViewer(connection, await logIn(connection), options);
    await viewer.send(client.setPixelFormat(options.format), client.setEncodings(options.encodings));
    await viewer.send([3, 0, 0, 0, 0, 0, ...viewer.#size]);
    return viewer;
  }

  /** Sends messages, through the filter. */
  async send(...messages: readonly (readonly number[])[]): Promise<void> {
    await writeAll(this.#connection, this.#up.push(concat(messages)));
  }

  /** Sends bytes as they are. */
  async sendRaw(...parts: readonly (Uint8Array | readonly number[])[]): Promise<void> {
    await writeAll(this.#connection, concat(parts));
  }

  /** Whether the bytes so far end with a whole message. @throws what the framer threw. */
  isBetweenMessages(): boolean {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#down.isBetweenMessages;
  }

  /** Stops asking for updates. */
  stopAsking(): void {
    this.#isAsking = false;
  }

  /** Whether the passed bytes contain the text, which fits in a chunk. */
  hasText(text: string): boolean {
    return this.#passed.some((_, at) => decode(this.#passed.slice(at, at + 2)).includes(text));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isAsking = false;
    this.#connection.close();
    await this.#reading;
  }

  #noteMessage(type: number): void {
    this.messages.add(type);
    if (type !== FRAMEBUFFER_UPDATE) return;
    this.updates++;
    // The last update may coincide with the end of the connection.
    if (this.#isAsking) this.send([3, 1, 0, 0, 0, 0, ...this.#size]).catch(() => {});
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(READ_BYTES);
    for (;;) {
      const count = await this.#connection.read(buffer).catch(() => null);
      if (count === null) return;
      const passed = this.#down.push(buffer.subarray(0, count));
      if (this.#passed.length < KEPT_CHUNKS) this.#passed.push(passed.slice());
    }
  }
}

function decode(chunks: readonly Uint8Array[]): string {
  return new TextDecoder("latin1").decode(concat(chunks));
}

async function logIn(connection: Deno.TcpConn): Promise<Uint8Array> {
  await writeAll(connection, await readExactly(connection, 12));
  const types = await readExactly(connection, (await readExactly(connection, 1))[0]!);
  if (!types.includes(1)) throw new Error(`Security type None is not offered, only ${types}`);
  await writeAll(connection, Uint8Array.of(1));
  await readExactly(connection, 4);
  await writeAll(connection, Uint8Array.of(1));
  const init = await readExactly(connection, 24);
  await readExactly(connection, new DataView(init.buffer).getUint32(20));
  return init;
}
