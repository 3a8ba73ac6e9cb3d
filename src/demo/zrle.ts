/** ZRLE (RFC 6143 section 7.7.6). */
import { constants, createDeflate } from "node:zlib";
import type { PixelWriter } from "./pixel_format.ts";
import type { Rect } from "./rect.ts";

/** Width and height of a tile, in pixels. */
const TILE_SIDE = 64;
const LARGEST_PACKED_PALETTE = 16;
const DEFLATE_LEVEL = 3;

/** The zlib stream of one connection: all ZRLE rectangles share one dictionary. */
export class Deflater {
  readonly #deflate = createDeflate({ level: DEFLATE_LEVEL });
  #parts: Uint8Array[] = [];
  #fail: (error: Error) => void = () => {};

  constructor() {
    this.#deflate.on("data", (part: Uint8Array) => this.#parts.push(part));
    this.#deflate.on("error", (error: Error) => this.#fail(error));
  }

  /** Compresses `data` and flushes to a byte boundary; one call at a time. */
  compress(data: Uint8Array): Promise<Uint8Array[]> {
    return new Promise((resolve, reject) => {
      this.#fail = reject;
      this.#deflate.write(data);
      this.#deflate.flush(constants.Z_SYNC_FLUSH, () => resolve(this.#parts.splice(0)));
    });
  }

  /** Frees the stream. */
  close(): void {
    this.#deflate.destroy();
  }
}

/** Encodes the tiles of a rectangle, before compression; `readPixels` returns the desktop's pixels of one tile. */
export function encodeTiles(
  rect: Rect,
  readPixels: (tile: Rect) => Uint32Array,
  writer: PixelWriter,
): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  for (let top = 0; top < rect.height; top += TILE_SIDE) {
    for (let left = 0; left < rect.width; left += TILE_SIDE) {
      const width = Math.min(TILE_SIDE, rect.width - left);
      const height = Math.min(TILE_SIDE, rect.height - top);
      const pixels = readPixels({ x: rect.x + left, y: rect.y + top, width, height });
      parts.push(...encodeTile(pixels, width, writer));
    }
  }
  return concatenate(parts);
}

function encodeTile(pixels: Uint32Array, width: number, writer: PixelWriter): Uint8Array[] {
  const palette = collectPalette(pixels);
  if (!palette) return [Uint8Array.of(0), writer.writeCompact(pixels)];
  const colours = writer.writeCompact(Uint32Array.from(palette.keys()));
  if (palette.size === 1) return [Uint8Array.of(1), colours];
  return [Uint8Array.of(palette.size), colours, packIndexes(pixels, width, palette)];
}

function collectPalette(pixels: Uint32Array): Map<number, number> | undefined {
  const palette = new Map<number, number>();
  let last = -1;
  for (const pixel of pixels) {
    if (pixel === last) continue;
    last = pixel;
    if (palette.has(pixel)) continue;
    if (palette.size === LARGEST_PACKED_PALETTE) return undefined;
    palette.set(pixel, palette.size);
  }
  return palette;
}

/** Packs palette indexes; each row starts at a byte, with the leftmost pixel in the highest bits. */
function packIndexes(pixels: Uint32Array, width: number, palette: Map<number, number>): Uint8Array {
  const bits = palette.size === 2 ? 1 : palette.size <= 4 ? 2 : 4;
  const rowBytes = Math.ceil(width * bits / 8);
  const packed = new Uint8Array(rowBytes * pixels.length / width);
  pixels.forEach((pixel, i) => {
    const column = i % width;
    const at = Math.floor(i / width) * rowBytes + (column * bits >> 3);
    packed[at]! |= palette.get(pixel)! << (8 - bits - (column * bits & 7));
  });
  return packed;
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
