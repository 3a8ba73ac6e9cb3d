/** The down framer: parses the source's bytes message by message, and removes cut text and what nobody asked for. */
import { readS32, readU16 } from "./big_endian.ts";
import { ENCODING } from "./encodings.ts";
import { CLIPBOARD_HEAD_BYTES, readClipboardAct } from "./extended_clipboard.ts";
import { HextileWalk } from "./hextile_length.ts";
import type { PixelState } from "./pixel_format.ts";
import { measurePayload } from "./rect_length.ts";
import { readRectangleHeader, RECTANGLE_HEADER_BYTES, type RectangleHeader } from "./rectangle.ts";
import { Remainder } from "./remainder.ts";
import { isUnasked, malformed, measureServerMessage, SERVER_MESSAGE } from "./server_messages.ts";
import { MAX_TIGHT_HEAD_BYTES } from "./tight_length.ts";

/** Maximum size of a message, a rectangle or its payload: 16 384 × 16 384 pixels of four bytes. */
const MAX_PART_BYTES = 2 ** 30;

/** Which of the source's cut text messages may pass. */
export type CutTextPass =
  /** All of them. */
  | "all"
  /** Those that let the viewer's own text reach the source by the extended clipboard. */
  | "signals"
  /** None of them. */
  | "none";

/** Parts of a down framer. */
export interface DownFramerOptions {
  /** The session's pixel format, shared with the up filter. */
  readonly pixels: PixelState;
  readonly cutText: CutTextPass;
  /** Called with each message's type once its header is there. */
  readonly onMessage?: (type: number) => void;
  /** Called with each rectangle's encoding once its header is there. */
  readonly onRectangle?: (encoding: number) => void;
}

/** A framer for the bytes that come down, from the first one after ServerInit. */
export interface DownFramer {
  /**
   * Takes the source's next bytes and returns those that may go to the viewer: the chunk itself, a view of it if they
   * are one range, else a copy. The chunk is neither changed nor kept.
   *
   * At most 12 bytes wait, for the head of a message that may be dropped. In addition to the output, 1 KiB is kept,
   * whatever lengths the source announces.
   *
   * @throws {PortholeError} `vnc_malformed` for bytes that cannot be parsed; each later call throws the same error.
   */
  push(chunk: Uint8Array): Uint8Array;
  /** Whether the bytes so far end with a whole message. */
  readonly isBetweenMessages: boolean;
}

/** Makes the down framer of one session. */
export function createDownFramer(options: DownFramerOptions): DownFramer {
  return new Framer(options);
}

/** What comes next in the stream. */
type Part = "message" | "rectangle" | "payload" | "tiles";

class Framer implements DownFramer {
  readonly #pixels: PixelState;
  readonly #cutText: CutTextPass;
  readonly #onMessage: ((type: number) => void) | undefined;
  readonly #onRectangle: ((encoding: number) => void) | undefined;
  readonly #out = new Remainder();
  readonly #tiles = new HextileWalk();
  readonly #rectangle: RectangleHeader = { width: 0, height: 0, encoding: 0 };
  #part: Part = "message";
  /** Rectangles still to come in this FramebufferUpdate. */
  #rectangles = 0;
  /** Bytes of the measured part that have not arrived yet, and whether they are dropped. */
  #left = 0;
  #isDropping = false;
  /** The start of a part, while it is too short to measure the part. */
  readonly #head = new Uint8Array(MAX_TIGHT_HEAD_BYTES);
  #headBytes = 0;
  /** Whether the bytes of the head wait: only those of a message that may be dropped do, others have passed already. */
  #isWithheld = false;
  #failure: unknown;

  constructor({ pixels, cutText, onMessage, onRectangle }: DownFramerOptions) {
    this.#pixels = pixels;
    this.#cutText = cutText;
    this.#onMessage = onMessage;
    this.#onRectangle = onRectangle;
  }

  get isBetweenMessages(): boolean {
    return this.#part === "message" && this.#left === 0 && this.#headBytes === 0;
  }

  push(chunk: Uint8Array): Uint8Array {
    if (this.#failure !== undefined) throw this.#failure;
    try {
      this.#out.begin(chunk);
      this.#parse(chunk);
      return this.#out.end();
    } catch (failure) {
      this.#failure = failure;
      throw failure;
    }
  }

  #parse(chunk: Uint8Array): void {
    if (this.#headBytes > 0 && !this.#completeHead(chunk)) return;
    let at = 0;
    for (;;) {
      if (this.#left > 0) at = this.#takeLeft(chunk, at);
      if (this.#left > 0) return;
      this.#isDropping = false;
      const length = this.#measure(chunk, at, chunk.length);
      if (length < 0) return this.#holdHead(chunk, at);
      this.#left = length;
    }
  }

  #takeLeft(chunk: Uint8Array, at: number): number {
    const end = Math.min(chunk.length, at + this.#left);
    this.#left -= end - at;
    if (!this.#isDropping) this.#out.keep(at, end);
    return end;
  }

  /** Keeps the start of a part until the rest of its head arrives. The head of what may be dropped waits; others pass. */
  #holdHead(chunk: Uint8Array, at: number): void {
    this.#headBytes = chunk.length - at;
    if (this.#headBytes === 0) return;
    this.#head.set(chunk.subarray(at));
    this.#isWithheld = this.#part === "message" && this.#mayDrop(chunk[at]!);
    if (!this.#isWithheld) this.#out.keep(at, chunk.length);
  }

  /** Measures the part whose head began in an earlier chunk; false when this chunk does not complete it. */
  #completeHead(chunk: Uint8Array): boolean {
    const held = this.#headBytes;
    const more = Math.min(chunk.length, this.#head.length - held);
    this.#head.set(more === chunk.length ? chunk : chunk.subarray(0, more), held);
    const length = this.#measure(this.#head, 0, held + more);
    if (length < 0) {
      this.#headBytes += more;
      if (!this.#isWithheld) this.#out.keep(0, more);
      return false;
    }
    if (this.#isWithheld && !this.#isDropping) this.#out.insert(this.#head.subarray(0, held));
    this.#left = length - held;
    this.#headBytes = 0;
    return true;
  }

  /** Bytes of the part at `at`, after which `#part` names the next one; -1 while too few have arrived to know. */
  #measure(bytes: Uint8Array, at: number, end: number): number {
    const length = this.#measurePart(bytes, at, end);
    if (length > MAX_PART_BYTES) throw malformed(`${length} bytes announced at once`);
    return length;
  }

  #measurePart(bytes: Uint8Array, at: number, end: number): number {
    switch (this.#part) {
      case "message":
        return this.#measureMessage(bytes, at, end);
      case "rectangle":
        return this.#measureRectangle(bytes, at, end);
      case "payload":
        return this.#measurePayload(bytes, at, end);
      case "tiles":
        return this.#measureTiles(bytes, at, end);
    }
  }

  #measureMessage(bytes: Uint8Array, at: number, end: number): number {
    const length = measureServerMessage(bytes, at, end);
    if (length < 0) return -1;
    const type = bytes[at]!;
    if (type === SERVER_MESSAGE.framebufferUpdate) {
      this.#rectangles = readU16(bytes, at + 2);
      this.#part = this.#rectangles > 0 ? "rectangle" : "message";
    } else if (type !== SERVER_MESSAGE.serverCutText) {
      this.#isDropping = this.#mayDrop(type);
    } else if (this.#cutText !== "all") {
      if (this.#mayBeSignal(bytes, at, length) && end - at < CLIPBOARD_HEAD_BYTES) return -1;
      this.#isDropping = !this.#mayBeSignal(bytes, at, length) || readClipboardAct(bytes, at) !== "signal";
    }
    this.#onMessage?.(type);
    return length;
  }

  /** SetColourMapEntries means nothing while pixels are colours, but noVNC ends the session on it. */
  #mayDrop(type: number): boolean {
    if (type === SERVER_MESSAGE.serverCutText) return this.#cutText !== "all";
    return isUnasked(type) || type === SERVER_MESSAGE.setColourMapEntries && this.#pixels.sizes.isTrueColour;
  }

  #mayBeSignal(bytes: Uint8Array, at: number, length: number): boolean {
    return this.#cutText === "signals" && readS32(bytes, at + 4) < 0 && length >= CLIPBOARD_HEAD_BYTES;
  }

  #measureRectangle(bytes: Uint8Array, at: number, end: number): number {
    if (end - at < RECTANGLE_HEADER_BYTES) return -1;
    const rectangle = this.#rectangle;
    readRectangleHeader(bytes, at, rectangle);
    if (rectangle.encoding === ENCODING.lastRect) this.#rectangles = 1;
    if (rectangle.encoding === ENCODING.hextile) {
      this.#tiles.begin(rectangle.width, rectangle.height, this.#pixels.sizes.pixelBytes);
      if (this.#tiles.isDone) this.#endRectangle();
      else this.#part = "tiles";
    } else this.#part = "payload";
    this.#onRectangle?.(rectangle.encoding);
    return RECTANGLE_HEADER_BYTES;
  }

  #measurePayload(bytes: Uint8Array, at: number, end: number): number {
    const length = measurePayload(bytes, at, end, this.#rectangle, this.#pixels.sizes);
    if (length >= 0) this.#endRectangle();
    return length;
  }

  #measureTiles(bytes: Uint8Array, at: number, end: number): number {
    const length = this.#tiles.measure(bytes, at, end);
    if (this.#tiles.isDone) this.#endRectangle();
    return length;
  }

  #endRectangle(): void {
    this.#rectangles--;
    this.#part = this.#rectangles > 0 ? "rectangle" : "message";
  }
}
