/** Lengths of Tight and TightPNG rectangles (rfbproto, "Tight Encoding"), without inflating them. */
import { ENCODING } from "./encodings.ts";
import type { PixelSizes } from "./pixel_format.ts";
import type { RectangleHeader } from "./rectangle.ts";
import { malformed } from "./server_messages.ts";

/** Maximum number of bytes before the data: control, filter, palette count, 256 colours of 4 bytes, compact length. */
export const MAX_TIGHT_HEAD_BYTES = 1 + 1 + 1 + 4 * 256 + 3;

/** Shorter data is neither deflated nor preceded by its length. */
const MIN_DEFLATED_BYTES = 12;

const FILL = 0x8;
const JPEG = 0x9;
const PNG = 0xa;
const EXPLICIT_FILTER = 0x4;
const COPY_FILTER = 0;
const PALETTE_FILTER = 1;
const GRADIENT_FILTER = 2;

/**
 * Length of the Tight payload that starts at `at`, or -1 while too few of its bytes have arrived to know it.
 * @throws {PortholeError} `vnc_malformed` for unknown control bytes and filters.
 */
export function measureTight(
  bytes: Uint8Array,
  at: number,
  end: number,
  rectangle: RectangleHeader,
  sizes: PixelSizes,
): number {
  if (at >= end) return -1;
  const control = bytes[at]! >> 4;
  if (control === FILL) return 1 + sizes.tightPixelBytes;
  const isPng = rectangle.encoding === ENCODING.tightPng;
  if (control === JPEG || (control === PNG && isPng)) return addCompact(bytes, at, 1, end);
  if (control > JPEG || isPng) throw malformed(`unknown Tight control ${control}`);
  return measureBasic(bytes, at, end, rectangle, sizes.tightPixelBytes);
}

function measureBasic(
  bytes: Uint8Array,
  at: number,
  end: number,
  { width, height }: RectangleHeader,
  pixelBytes: number,
): number {
  const isExplicit = (bytes[at]! >> 4 & EXPLICIT_FILTER) !== 0;
  if (isExplicit && end - at < 2) return -1;
  const filter = isExplicit ? bytes[at + 1]! : COPY_FILTER;
  if (filter === PALETTE_FILTER) return measurePalette(bytes, at, end, width, height, pixelBytes);
  if (filter !== COPY_FILTER && filter !== GRADIENT_FILTER) throw malformed(`unknown Tight filter ${filter}`);
  return addData(bytes, at, isExplicit ? 2 : 1, end, width * height * pixelBytes);
}

/** A palette of two colours has one bit a pixel and whole bytes a row; a larger one has one byte a pixel. */
function measurePalette(
  bytes: Uint8Array,
  at: number,
  end: number,
  width: number,
  height: number,
  pixelBytes: number,
): number {
  if (end - at < 3) return -1;
  const colours = bytes[at + 2]! + 1;
  const rowBytes = colours <= 2 ? Math.ceil(width / 8) : width;
  return addData(bytes, at, 3 + colours * pixelBytes, end, rowBytes * height);
}

function addData(bytes: Uint8Array, at: number, head: number, end: number, plainBytes: number): number {
  return plainBytes < MIN_DEFLATED_BYTES ? head + plainBytes : addCompact(bytes, at, head, end);
}

/** Adds to `head` a compact length (one to three bytes of seven bits each) and the length that it announces. */
function addCompact(bytes: Uint8Array, at: number, head: number, end: number): number {
  const here = at + head;
  if (here >= end) return -1;
  const first = bytes[here]!;
  if (first < 0x80) return head + 1 + first;
  if (here + 1 >= end) return -1;
  const second = bytes[here + 1]!;
  const low = first & 0x7f | (second & 0x7f) << 7;
  if (second < 0x80) return head + 2 + low;
  if (here + 2 >= end) return -1;
  return head + 3 + (low | bytes[here + 2]! << 14);
}
