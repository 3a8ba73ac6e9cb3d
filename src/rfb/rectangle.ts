/** The header of a rectangle in a FramebufferUpdate (RFC 6143 section 7.6.1). */
import { readS32, readU16 } from "./big_endian.ts";

/** Bytes of a rectangle's header: U16 x, y, width and height, S32 encoding. */
export const RECTANGLE_HEADER_BYTES = 12;

/** The fields of a rectangle's header that its length depends on. */
export interface RectangleHeader {
  /** Pixels. */
  width: number;
  /** Pixels. */
  height: number;
  /** Signed, as in `ENCODING`. */
  encoding: number;
}

/** Reads the header at `at`, which has arrived as a whole, into `header`. */
export function readRectangleHeader(bytes: Uint8Array, at: number, header: RectangleHeader): void {
  header.width = readU16(bytes, at + 4);
  header.height = readU16(bytes, at + 6);
  header.encoding = readS32(bytes, at + 8);
}
