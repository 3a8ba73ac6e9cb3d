/** Lengths of rectangles' payloads by encoding (RFC 6143 section 7.7, and rfbproto), without inflating anything. */
import { readS32, readU32 } from "./big_endian.ts";
import { ENCODING, nameEncoding } from "./encodings.ts";
import type { PixelSizes } from "./pixel_format.ts";
import type { RectangleHeader } from "./rectangle.ts";
import { malformed } from "./server_messages.ts";
import { measureTight } from "./tight_length.ts";

/** Returns the length of the payload that starts at `at`, or -1 while too few of its bytes have arrived to know. */
type Measure = (bytes: Uint8Array, at: number, end: number, rectangle: RectangleHeader, sizes: PixelSizes) => number;

/** Header without a payload. */
const nothing: Measure = () => 0;

const raw: Measure = (_bytes, _at, _end, { width, height }, { pixelBytes }) => width * height * pixelBytes;

const cursor: Measure = (_bytes, _at, _end, { width, height }, { pixelBytes }) =>
  (width * pixelBytes + Math.ceil(width / 8)) * height;

const xCursor: Measure = (_bytes, _at, _end, { width, height }) =>
  width * height === 0 ? 0 : 6 + 2 * Math.ceil(width / 8) * height;

/** S32 encoding and the picture, which servers send Raw with four bytes a pixel. */
const cursorWithAlpha: Measure = (bytes, at, end, { width, height }) => {
  if (end - at < 4) return -1;
  if (readS32(bytes, at) !== ENCODING.raw) throw malformed(`unknown cursor encoding ${readS32(bytes, at)}`);
  return 4 + width * height * 4;
};

/** U8 type and one byte of padding; type 0 has two masks of pixels, type 1 a picture with alpha. */
const vmwareCursor: Measure = (bytes, at, end, { width, height }, { pixelBytes }) => {
  if (end - at < 1) return -1;
  const type = bytes[at]!;
  if (type > 1) throw malformed(`unknown VMware cursor ${type}`);
  return 2 + width * height * (type === 0 ? 2 * pixelBytes : 4);
};

/** U8 count, three bytes of padding, and that many screens. */
const screens: Measure = (bytes, at, end) => end - at < 1 ? -1 : 4 + 16 * bytes[at]!;

/** Payload of a fixed number of bytes. */
function fixed(bytes: number): Measure {
  return () => bytes;
}

/** Head that begins with a U32, the number of bytes after it. */
function counted(headBytes: number): Measure {
  return (bytes, at, end) => end - at < 4 ? -1 : headBytes + readU32(bytes, at);
}

/** U32 count, background pixel, and that many subrectangles: a pixel and a place each. */
function subrectangles(placeBytes: number): Measure {
  return (bytes, at, end, _rectangle, { pixelBytes }) =>
    end - at < 4 ? -1 : 4 + pixelBytes + readU32(bytes, at) * (pixelBytes + placeBytes);
}

/**
 * Encodings without a measure. "tiles": Hextile, whose tiles are walked; "message": extensions that change messages and
 * never come as a rectangle; "unframed": extensions that no framed source may use.
 */
type Unmeasured = "tiles" | "message" | "unframed";

/** The length of the payload of each encoding. */
const PAYLOADS: Readonly<Record<keyof typeof ENCODING, Measure | Unmeasured>> = {
  raw,
  copyRect: fixed(4),
  rre: subrectangles(8),
  coRre: subrectangles(4),
  hextile: "tiles",
  zlib: counted(4),
  tight: measureTight,
  zrle: counted(4),
  h264: counted(8),
  desktopSize: nothing,
  lastRect: nothing,
  pointerPos: nothing,
  cursor,
  xCursor,
  qemuPointerMotion: "unframed",
  qemuKeyEvent: nothing,
  qemuAudio: nothing,
  tightPng: measureTight,
  qemuLed: fixed(1),
  gii: "unframed",
  desktopName: counted(4),
  extendedDesktopSize: screens,
  xvp: "message",
  fence: "message",
  continuousUpdates: "message",
  cursorWithAlpha,
  extendedMouseButtons: "unframed",
  vmwareCursor,
  vmwareLed: fixed(4),
  extendedClipboard: "message",
};

const NAMES = Object.keys(PAYLOADS) as (keyof typeof PAYLOADS)[];

const MEASURES: ReadonlyMap<number, Measure> = new Map(NAMES.flatMap((name): [number, Measure][] => {
  const measure = PAYLOADS[name];
  return typeof measure === "string" ? [] : [[ENCODING[name], measure]];
}));

/** Encodings that a framed source may use. */
export const FRAMEABLE_ENCODINGS: ReadonlySet<number> = new Set(
  NAMES.filter((name) => PAYLOADS[name] !== "unframed").map((name) => ENCODING[name]),
);

/**
 * Length of the payload at `at` of a rectangle that is not Hextile; -1 while too few of its bytes have arrived to know.
 * @throws {PortholeError} `vnc_malformed` for encodings that no viewer may ask for.
 */
export function measurePayload(
  bytes: Uint8Array,
  at: number,
  end: number,
  rectangle: RectangleHeader,
  sizes: PixelSizes,
): number {
  const measure = MEASURES.get(rectangle.encoding);
  if (!measure) throw malformed(`unknown encoding ${nameEncoding(rectangle.encoding)}`);
  return measure(bytes, at, end, rectangle, sizes);
}
