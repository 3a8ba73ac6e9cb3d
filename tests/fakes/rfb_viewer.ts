import { constants, inflateSync } from "node:zlib";
import type { ByteStream } from "../../src/bridge/byte_stream.ts";
import { ByteReader } from "../../src/demo/byte_reader.ts";
import { answerChallenge } from "../../src/demo/vnc_auth.ts";
import { DESKTOP_FORMAT, formatToBytes, type PixelFormat } from "../../src/demo/pixel_format.ts";
import type { Rect } from "../../src/demo/rect.ts";

/** One rectangle as it came. */
export interface SeenRectangle extends Rect {
  readonly encoding: number;
}

/** How the viewer logs in. */
export interface ViewerOptions {
  readonly version?: "3.3" | "3.7" | "3.8";
  readonly password?: string;
  readonly shared?: boolean;
  /** Sends every byte in a write of its own. */
  readonly dribble?: boolean;
}

/** A small VNC viewer for tests: logs in, asks, and decodes Raw, CopyRect and ZRLE into `pixels`. */
export class RfbViewer {
  readonly reader: ByteReader;
  readonly stream: ByteStream;
  width = 0;
  height = 0;
  name = "";
  /** PIXEL values in the format that was asked for, row by row. */
  pixels = new Uint32Array(0);
  /** The rectangles of the last update. */
  rectangles: SeenRectangle[] = [];
  readonly cutTexts: string[] = [];
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #dribble: boolean;
  #format: PixelFormat = DESKTOP_FORMAT;
  #zipped: Uint8Array = new Uint8Array(0);
  #unzippedBytes = 0;

  constructor(stream: ByteStream, dribble = false) {
    this.stream = stream;
    this.reader = new ByteReader(stream.readable);
    this.#writer = stream.writable.getWriter();
    this.#dribble = dribble;
  }

  /** Logs in and reads ServerInit. */
  static async open(stream: ByteStream, options: ViewerOptions = {}): Promise<RfbViewer> {
    const viewer = new RfbViewer(stream, options.dribble);
    await viewer.#logIn(options);
    return viewer;
  }

  async send(...bytes: number[]): Promise<void> {
    if (!this.#dribble) return await this.#writer.write(Uint8Array.from(bytes));
    for (const byte of bytes) await this.#writer.write(Uint8Array.of(byte));
  }

  async setEncodings(...encodings: number[]): Promise<void> {
    await this.send(2, 0, ...u16(encodings.length), ...encodings.flatMap(u32));
  }

  async setPixelFormat(format: PixelFormat): Promise<void> {
    this.#format = format;
    await this.send(0, 0, 0, 0, ...formatToBytes(format));
  }

  async request(incremental: boolean, area: Rect = this.area): Promise<void> {
    await this.send(3, incremental ? 1 : 0, ...[area.x, area.y, area.width, area.height].flatMap(u16));
  }

  async key(keysym: number, down = true): Promise<void> {
    await this.send(4, down ? 1 : 0, 0, 0, ...u32(keysym));
  }

  async pointer(x: number, y: number, buttons = 0): Promise<void> {
    await this.send(5, buttons, ...u16(x), ...u16(y));
  }

  async cut(text: string): Promise<void> {
    await this.send(6, 0, 0, 0, ...u32(text.length), ...[...text].map((char) => char.charCodeAt(0)));
  }

  async setDesktopSize(width: number, height: number): Promise<void> {
    await this.send(251, 0, ...u16(width), ...u16(height), 1, 0, ...Array(8).fill(0), ...u16(width), ...u16(height));
    await this.send(0, 0, 0, 0);
  }

  get area(): Rect {
    return { x: 0, y: 0, width: this.width, height: this.height };
  }

  /** Asks for changes and reads until they are there; with `full`, for everything. */
  async update(full = false): Promise<void> {
    await this.request(!full);
    while (await this.read() !== "update");
  }

  /** Reads one message. */
  async read(): Promise<"update" | "cut" | "bell"> {
    const type = await this.#u8();
    if (type === 2) return "bell";
    if (type === 3) {
      await this.reader.read(3);
      const text = await this.reader.read(await this.#u32());
      this.cutTexts.push([...text].map((byte) => String.fromCharCode(byte)).join(""));
      return "cut";
    }
    if (type !== 0) throw new Error(`Message type ${type}`);
    const count = (await this.reader.view(3)).getUint16(1);
    this.rectangles = [];
    for (let i = 0; i < count; i++) await this.#readRectangle();
    return "update";
  }

  async #logIn({ version = "3.8", password, shared = true }: ViewerOptions): Promise<void> {
    await this.reader.read(12);
    await this.send(...[...`RFB 00${version.replace(".", ".00")}\n`].map((char) => char.charCodeAt(0)));
    const type = version === "3.3" ? await this.#u32() : (await this.reader.read(await this.#u8()))[0];
    if (version !== "3.3") await this.send(type!);
    if (type === 2) await this.send(...answerChallenge(password ?? "", await this.reader.read(16)));
    if (version === "3.8" || type === 2) await this.#checkResult(version);
    await this.send(shared ? 1 : 0);
    const init = await this.reader.view(24);
    this.#resize(init.getUint16(0), init.getUint16(2));
    this.name = new TextDecoder().decode(await this.reader.read(init.getUint32(20)));
  }

  async #checkResult(version: string): Promise<void> {
    if (await this.#u32() === 0) return;
    const reason = version === "3.8" ? await this.reader.read(await this.#u32()) : new Uint8Array(0);
    throw new Error(`Refused: ${new TextDecoder().decode(reason)}`);
  }

  async #readRectangle(): Promise<void> {
    const view = await this.reader.view(12);
    const [x, y, width, height] = [0, 2, 4, 6].map((at) => view.getUint16(at)) as [number, number, number, number];
    const area = { x, y, width, height };
    const encoding = view.getInt32(8);
    this.rectangles.push({ ...area, encoding });
    if (encoding === 0) this.#put(area, this.#parse(await this.reader.read(width * height * this.#bytesPerPixel), 0));
    else if (encoding === 1) await this.#copy(area);
    else if (encoding === 16) await this.#readZrle(area);
    else if (encoding === -239) {
      await this.reader.read(width * height * this.#bytesPerPixel + Math.ceil(width / 8) * height);
    } else if (encoding === -308) await this.reader.read(16 * (await this.reader.read(4))[0]!);
    else if (encoding !== -223 && encoding !== -316) throw new Error(`Encoding ${encoding}`);
    if (encoding === -223 || encoding === -308) this.#resize(width, height);
  }

  async #copy(to: Rect): Promise<void> {
    const view = await this.reader.view(4);
    const from = { ...to, x: view.getUint16(0), y: view.getUint16(2) };
    const values = new Uint32Array(to.width * to.height);
    for (let i = 0; i < values.length; i++) {
      const at = (from.y + Math.floor(i / to.width)) * this.width + from.x + i % to.width;
      values[i] = this.pixels[at]!;
    }
    this.#put(to, values);
  }

  async #readZrle(area: Rect): Promise<void> {
    const fresh = await this.reader.read(await this.#u32());
    this.#zipped = Uint8Array.from([...this.#zipped, ...fresh]);
    const all = inflateSync(this.#zipped, { finishFlush: constants.Z_SYNC_FLUSH });
    let at = this.#unzippedBytes;
    this.#unzippedBytes = all.length;
    for (let top = 0; top < area.height; top += 64) {
      for (let left = 0; left < area.width; left += 64) {
        const width = Math.min(64, area.width - left);
        const tile = { x: area.x + left, y: area.y + top, width, height: Math.min(64, area.height - top) };
        at += this.#readTile(tile, all.subarray(at));
      }
    }
    if (at !== all.length) throw new Error(`ZRLE: ${all.length - at} bytes too many`);
  }

  #readTile(tile: Rect, bytes: Uint8Array): number {
    const kind = bytes[0]!;
    const count = tile.width * tile.height;
    const size = this.#compactSize;
    if (kind > 16) throw new Error(`ZRLE tile ${kind}`);
    const colours = this.#parse(bytes.subarray(1, 1 + size * (kind || count)), size);
    if (kind === 0) this.#put(tile, colours);
    if (kind === 1) this.#put(tile, new Uint32Array(count).fill(colours[0]!));
    if (kind < 2) return 1 + size * (kind || count);
    const bits = kind === 2 ? 1 : kind <= 4 ? 2 : 4;
    const rowBytes = Math.ceil(tile.width * bits / 8);
    const packed = bytes.subarray(1 + size * kind, 1 + size * kind + rowBytes * tile.height);
    this.#put(
      tile,
      Uint32Array.from({ length: count }, (_, i) => {
        const bit = (i % tile.width) * bits;
        const byte = packed[Math.floor(i / tile.width) * rowBytes + (bit >> 3)]!;
        return colours[(byte >> (8 - bits - (bit & 7))) & ((1 << bits) - 1)]!;
      }),
    );
    return 1 + size * kind + packed.length;
  }

  #put(area: Rect, values: Uint32Array): void {
    values.forEach((value, i) => {
      this.pixels[(area.y + Math.floor(i / area.width)) * this.width + area.x + i % area.width] = value;
    });
  }

  #resize(width: number, height: number): void {
    this.width = width;
    this.height = height;
    this.pixels = new Uint32Array(width * height);
  }

  get #bytesPerPixel(): number {
    return this.#format.bitsPerPixel / 8;
  }

  /** Only formats with shifts of whole low or high bytes are used in tests. */
  get #compactSize(): number {
    return this.#bytesPerPixel === 4 && this.#format.depth === 24 ? 3 : this.#bytesPerPixel;
  }

  /** PIXEL values, or CPIXEL values of `compact` bytes; three bytes stand for the three that carry colour. */
  #parse(bytes: Uint8Array, compact: number): Uint32Array {
    const size = compact || this.#bytesPerPixel;
    const { bigEndian, redShift, greenShift, blueShift } = this.#format;
    const high = compact === 3 && Math.min(redShift, greenShift, blueShift) >= 8;
    return Uint32Array.from({ length: bytes.length / size }, (_, i) => {
      const pixel = [...bytes.subarray(i * size, (i + 1) * size)];
      const value = (bigEndian ? pixel : pixel.reverse()).reduce((sum, byte) => sum * 256 + byte, 0);
      return high ? value * 256 : value;
    });
  }

  async #u8(): Promise<number> {
    return (await this.reader.view(1)).getUint8(0);
  }

  async #u32(): Promise<number> {
    return (await this.reader.view(4)).getUint32(0);
  }
}

function u16(value: number): number[] {
  return [value >> 8 & 255, value & 255];
}

function u32(value: number): number[] {
  return [value >>> 24, value >>> 16 & 255, value >>> 8 & 255, value & 255];
}
