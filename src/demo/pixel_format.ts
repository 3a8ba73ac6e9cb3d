import { PortholeError } from "../errors.ts";

/** PIXEL_FORMAT (RFC 6143 section 7.4), true colour only. */
export interface PixelFormat {
  readonly bitsPerPixel: 8 | 16 | 32;
  readonly depth: number;
  readonly bigEndian: boolean;
  readonly redMax: number;
  readonly greenMax: number;
  readonly blueMax: number;
  readonly redShift: number;
  readonly greenShift: number;
  readonly blueShift: number;
}

/** The format in ServerInit: 0x00RRGGBB in little-endian, as the desktop stores its pixels. */
export const DESKTOP_FORMAT: PixelFormat = {
  bitsPerPixel: 32,
  depth: 24,
  bigEndian: false,
  redMax: 255,
  greenMax: 255,
  blueMax: 255,
  redShift: 16,
  greenShift: 8,
  blueShift: 0,
};

/** Encodes PIXEL_FORMAT in its 16 bytes. */
export function formatToBytes(format: PixelFormat): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(16));
  view.setUint8(0, format.bitsPerPixel);
  view.setUint8(1, format.depth);
  view.setUint8(2, format.bigEndian ? 1 : 0);
  view.setUint8(3, 1);
  view.setUint16(4, format.redMax);
  view.setUint16(6, format.greenMax);
  view.setUint16(8, format.blueMax);
  view.setUint8(10, format.redShift);
  view.setUint8(11, format.greenShift);
  view.setUint8(12, format.blueShift);
  return new Uint8Array(view.buffer);
}

/**
 * Decodes PIXEL_FORMAT from its 16 bytes.
 * @throws {PortholeError} `viewer_malformed` for colour maps, odd pixel sizes and colours that do not fit the pixel.
 */
export function formatFromBytes(view: DataView): PixelFormat {
  const bitsPerPixel = view.getUint8(0);
  if (bitsPerPixel !== 8 && bitsPerPixel !== 16 && bitsPerPixel !== 32) {
    throw new PortholeError("viewer_malformed", `SetPixelFormat: ${bitsPerPixel} bits per pixel`);
  }
  if (view.getUint8(3) === 0) {
    throw new PortholeError("viewer_malformed", "SetPixelFormat: colour maps are not supported");
  }
  const format: PixelFormat = {
    bitsPerPixel,
    depth: view.getUint8(1),
    bigEndian: view.getUint8(2) !== 0,
    redMax: view.getUint16(4),
    greenMax: view.getUint16(6),
    blueMax: view.getUint16(8),
    redShift: view.getUint8(10),
    greenShift: view.getUint8(11),
    blueShift: view.getUint8(12),
  };
  if (highestBit(format) > bitsPerPixel) {
    throw new PortholeError("viewer_malformed", "SetPixelFormat: the colours do not fit the pixel");
  }
  return format;
}

/** Encodes desktop pixels in the format of one viewer. */
export interface PixelWriter {
  /** Encodes PIXEL values, as Raw and Cursor use them. */
  write(pixels: Uint32Array): Uint8Array<ArrayBuffer>;
  /** Encodes CPIXEL values (RFC 6143 section 7.7.5): three bytes where 24 of 32 bits matter. */
  writeCompact(pixels: Uint32Array): Uint8Array<ArrayBuffer>;
}

/** Makes the writer for one format. */
export function createPixelWriter(format: PixelFormat): PixelWriter {
  const convert = createConverter(format);
  const size = format.bitsPerPixel / 8;
  const compact = findCompactForm(format);
  const pack = (pixels: Uint32Array, bytesPerPixel: number, skippedBits: number) => {
    const bytes = new Uint8Array(pixels.length * bytesPerPixel);
    let at = 0;
    for (const pixel of pixels) {
      const value = convert(pixel) >>> skippedBits;
      for (let i = 0; i < bytesPerPixel; i++) {
        bytes[at++] = value >>> (8 * (format.bigEndian ? bytesPerPixel - 1 - i : i));
      }
    }
    return bytes;
  };
  return {
    write: (pixels) => pack(pixels, size, 0),
    writeCompact: (pixels) => pack(pixels, compact.bytesPerPixel, compact.skippedBits),
  };
}

function createConverter(format: PixelFormat): (pixel: number) => number {
  const red = scaleChannel(format.redMax, format.redShift);
  const green = scaleChannel(format.greenMax, format.greenShift);
  const blue = scaleChannel(format.blueMax, format.blueShift);
  return (pixel) => (red[(pixel >>> 16) & 255]! | green[(pixel >>> 8) & 255]! | blue[pixel & 255]!) >>> 0;
}

function scaleChannel(max: number, shift: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, level) => Math.round(level * max / 255) << shift);
}

function findCompactForm(format: PixelFormat): { bytesPerPixel: number; skippedBits: number } {
  const size = format.bitsPerPixel / 8;
  if (size !== 4 || format.depth > 24) return { bytesPerPixel: size, skippedBits: 0 };
  if (highestBit(format) <= 24) return { bytesPerPixel: 3, skippedBits: 0 };
  const lowest = Math.min(format.redShift, format.greenShift, format.blueShift);
  return lowest >= 8 ? { bytesPerPixel: 3, skippedBits: 8 } : { bytesPerPixel: 4, skippedBits: 0 };
}

function highestBit(format: PixelFormat): number {
  const bits = (max: number) => 32 - Math.clz32(max);
  return Math.max(
    bits(format.redMax) + format.redShift,
    bits(format.greenMax) + format.greenShift,
    bits(format.blueMax) + format.blueShift,
  );
}
