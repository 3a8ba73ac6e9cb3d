/** Length of Hextile rectangles (RFC 6143 section 7.7.4), which can only be found by walking from tile to tile. */
import { malformed } from "./server_messages.ts";

const RAW = 1;
const BACKGROUND = 2;
const FOREGROUND = 4;
const SUBRECTS = 8;
const COLOURED = 16;
const TILE_PIXELS = 16;

/** A walk over the tiles of one rectangle, left to right and top to bottom. */
export class HextileWalk {
  #width = 0;
  #height = 0;
  #pixelBytes = 0;
  #x = 0;
  #y = 0;

  /** Starts on a rectangle; width and height are in pixels. */
  begin(width: number, height: number, pixelBytes: number): void {
    this.#width = width;
    this.#height = height;
    this.#pixelBytes = pixelBytes;
    this.#x = 0;
    this.#y = width === 0 ? height : 0;
  }

  /** Whether all tiles have been measured. */
  get isDone(): boolean {
    return this.#y >= this.#height;
  }

  /**
   * Bytes of the next tiles, as many as the bytes from `at` to `end` can measure; the last one may reach past `end`. -1
   * while they cannot measure one.
   * @throws {PortholeError} `vnc_malformed` for unknown masks.
   */
  measure(bytes: Uint8Array, at: number, end: number): number {
    let here = at;
    while (here < end && !this.isDone) {
      const length = this.#measureTile(bytes, here, end);
      if (length < 0) break;
      here += length;
      this.#advance();
    }
    return here === at ? -1 : here - at;
  }

  #measureTile(bytes: Uint8Array, at: number, end: number): number {
    const mask = bytes[at]!;
    const pixelBytes = this.#pixelBytes;
    if (mask > 31) throw malformed(`unknown Hextile mask ${mask}`);
    if (mask & RAW) return 1 + this.#countPixels() * pixelBytes;
    const head = 1 + (mask & BACKGROUND ? pixelBytes : 0) + (mask & FOREGROUND ? pixelBytes : 0);
    if (!(mask & SUBRECTS)) return head;
    if (at + head >= end) return -1;
    return head + 1 + bytes[at + head]! * (mask & COLOURED ? 2 + pixelBytes : 2);
  }

  #countPixels(): number {
    return Math.min(TILE_PIXELS, this.#width - this.#x) * Math.min(TILE_PIXELS, this.#height - this.#y);
  }

  #advance(): void {
    this.#x += TILE_PIXELS;
    if (this.#x < this.#width) return;
    this.#x = 0;
    this.#y += TILE_PIXELS;
  }
}
