import { CURSOR } from "./cursor.ts";
import type { Copy } from "./pending_update.ts";
import { createPixelWriter, DESKTOP_FORMAT, type PixelFormat, type PixelWriter } from "./pixel_format.ts";
import { cutIntoBands, type Rect } from "./rect.ts";
import { Deflater, encodeTiles } from "./zrle.ts";

/** Numbers of the encodings and pseudo-encodings that the server speaks (RFC 6143 section 7.7, rfbproto). */
export const ENCODING = {
  Raw: 0,
  CopyRect: 1,
  ZRLE: 16,
  DesktopSize: -223,
  Cursor: -239,
  ExtendedDesktopSize: -308,
  ExtendedMouseButtons: -316,
} as const;

/** Pixels of the largest rectangle: larger ones are split, so that no buffer holds a whole screen. */
const MAX_BAND_PIXELS = 64 * 1024;

/** Encodes areas of the desktop as rectangles for one viewer. */
export class RectEncoder {
  #writer: PixelWriter = createPixelWriter(DESKTOP_FORMAT);
  #known: ReadonlySet<number> = new Set();
  #preferred: number = ENCODING.Raw;
  #deflater: Deflater | undefined;

  /** Applies the viewer's SetPixelFormat. */
  setFormat(format: PixelFormat): void {
    this.#writer = createPixelWriter(format);
  }

  /** Applies the viewer's SetEncodings; pixels use the first one that is ZRLE or Raw, else Raw. */
  setEncodings(encodings: readonly number[]): void {
    this.#known = new Set(encodings);
    this.#preferred = encodings.find((encoding) => encoding === ENCODING.ZRLE || encoding === ENCODING.Raw) ??
      ENCODING.Raw;
  }

  /** Whether the viewer listed this encoding. */
  knows(encoding: number): boolean {
    return this.#known.has(encoding);
  }

  /** Cuts the areas into pieces for `encode`. */
  cut(areas: readonly Rect[]): Rect[] {
    return areas.flatMap((area) => cutIntoBands(area, MAX_BAND_PIXELS));
  }

  /** Encodes one rectangle of pixels, in parts to send in order. */
  async encode(area: Rect, readPixels: (tile: Rect) => Uint32Array): Promise<Uint8Array[]> {
    if (this.#preferred === ENCODING.Raw) return [header(area, ENCODING.Raw), this.#writer.write(readPixels(area))];
    this.#deflater ??= new Deflater();
    const parts = await this.#deflater.compress(encodeTiles(area, readPixels, this.#writer));
    const length = new DataView(new ArrayBuffer(4));
    length.setUint32(0, parts.reduce((sum, part) => sum + part.length, 0));
    return [header(area, ENCODING.ZRLE), new Uint8Array(length.buffer), ...parts];
  }

  /** Encodes CopyRect (RFC 6143 section 7.7.2). */
  encodeCopy({ from, to }: Copy): Uint8Array {
    return join(header(to, ENCODING.CopyRect), u16(from.x), u16(from.y));
  }

  /** Encodes the cursor (RFC 6143 section 7.8.1): pixels, then a bitmask. */
  encodeCursor(): Uint8Array {
    const area = { x: CURSOR.hotX, y: CURSOR.hotY, width: CURSOR.width, height: CURSOR.height };
    return join(header(area, ENCODING.Cursor), this.#writer.write(CURSOR.pixels), CURSOR.mask);
  }

  /** Tells the viewer that PointerEvents may have the extended form (rfbproto, "ExtendedMouseButtons"). */
  encodeMouseButtons(): Uint8Array {
    return header({ x: 0, y: 0, width: 0, height: 0 }, ENCODING.ExtendedMouseButtons);
  }

  /** Encodes the size of the desktop as DesktopSize, or as ExtendedDesktopSize with one screen (rfbproto). */
  encodeSize(encoding: number, { width, height }: Rect, cause: number, status: number): Uint8Array {
    if (encoding === ENCODING.DesktopSize) return header({ x: 0, y: 0, width, height }, encoding);
    const screen = join(new Uint8Array(8), u16(width), u16(height), new Uint8Array(4));
    return join(header({ x: cause, y: status, width, height }, encoding), Uint8Array.of(1, 0, 0, 0), screen);
  }

  /** Frees the compressor. */
  close(): void {
    this.#deflater?.close();
  }
}

function header(area: Rect, encoding: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(12));
  view.setUint16(0, area.x);
  view.setUint16(2, area.y);
  view.setUint16(4, area.width);
  view.setUint16(6, area.height);
  view.setInt32(8, encoding);
  return new Uint8Array(view.buffer);
}

function u16(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 255);
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
