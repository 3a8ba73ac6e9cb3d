/** The part of PIXEL_FORMAT (RFC 6143 section 7.4) that the lengths of rectangles depend on. */
import { PortholeError } from "../errors.ts";
import { readU16 } from "./big_endian.ts";

/** Offset of true-colour-flag in a PIXEL_FORMAT. */
const TRUE_COLOUR_AT = 3;

/** The PIXEL_FORMAT that the gateway asks for: 32 bits, depth 24, true colour, blue in the lowest byte. */
export const TRUE_COLOUR_FORMAT: Uint8Array<ArrayBuffer> = Uint8Array.of(
  ...[32, 24, 0, 1],
  ...[0, 255, 0, 255, 0, 255],
  ...[16, 8, 0],
  ...[0, 0, 0],
);

/** Whether a PIXEL_FORMAT describes colours, rather than indices into a colour map. */
export function isTrueColour(format: Uint8Array): boolean {
  return format[TRUE_COLOUR_AT] !== 0;
}

/** SetPixelFormat (RFC 6143 section 7.5.1): type 0, three bytes of padding, PIXEL_FORMAT. */
export function encodeSetPixelFormat(format: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(0, 0, 0, 0, ...format);
}

/** Sizes of pixels in one pixel format. */
export interface PixelSizes {
  /** Bytes of a pixel: 1, 2 or 4. */
  readonly pixelBytes: number;
  /** Bytes of Tight's TPIXEL. */
  readonly tightPixelBytes: number;
  /**
   * Whether all servers agree on the TPIXEL's length. For 32 bits of other depths they do not: TigerVNC reads the
   * depth, QEMU ignores it, neatvnc divides it by eight.
   */
  readonly isAgreed: boolean;
  /** Whether pixels are colours, rather than indices into a colour map. */
  readonly isTrueColour: boolean;
}

/**
 * Reads the 16 bytes of a PIXEL_FORMAT at `at`.
 * @throws {PortholeError} `viewer_malformed` when bits-per-pixel is not 8, 16 or 32.
 */
function readPixelSizes(bytes: Uint8Array, at: number): PixelSizes {
  const bits = bytes[at]!;
  if (bits !== 8 && bits !== 16 && bits !== 32) {
    throw new PortholeError("viewer_malformed", `Cannot parse the viewer's message: ${bits} bits per pixel`);
  }
  const isTrueColour = bytes[at + TRUE_COLOUR_AT] !== 0;
  if (bits < 32) return { pixelBytes: bits / 8, tightPixelBytes: bits / 8, isAgreed: true, isTrueColour };
  const isPacked = isTrueColour888(bytes, at);
  return { pixelBytes: 4, tightPixelBytes: isPacked ? 3 : 4, isAgreed: isPacked, isTrueColour };
}

/** Depth 24 with eight bits a colour at byte borders, which every server packs into three bytes. */
function isTrueColour888(bytes: Uint8Array, at: number): boolean {
  const shifts = [bytes[at + 10]!, bytes[at + 11]!, bytes[at + 12]!];
  return bytes[at + 1] === 24 && bytes[at + TRUE_COLOUR_AT] !== 0 &&
    [4, 6, 8].every((maximum) => readU16(bytes, at + maximum) === 255) &&
    shifts.every((shift) => shift % 8 === 0 && shift <= 24) && new Set(shifts).size === 3;
}

/**
 * The pixel format of one session: ServerInit's, then the viewer's. The up filter sets it, the down framer reads it.
 *
 * The viewer's first request for pixels fixes it, since the effect of a later SetPixelFormat on updates under way is
 * undefined (rfbproto, "SetPixelFormat").
 */
export class PixelState {
  #sizes: PixelSizes;
  #isFixed = false;

  /** Starts from the 16 bytes of ServerInit's PIXEL_FORMAT, which the login has validated. */
  constructor(serverFormat: Uint8Array) {
    this.#sizes = readPixelSizes(serverFormat, 0);
  }

  /** The sizes as they are now. */
  get sizes(): PixelSizes {
    return this.#sizes;
  }

  /**
   * Applies the PIXEL_FORMAT of the viewer's SetPixelFormat, 16 bytes at `at`.
   * @throws {PortholeError} `viewer_malformed` after the viewer has asked for pixels.
   */
  change(bytes: Uint8Array, at: number): void {
    if (this.#isFixed) {
      throw new PortholeError(
        "viewer_malformed",
        "Cannot filter this viewer: it changed the pixel format after it asked for pixels",
      );
    }
    this.#sizes = readPixelSizes(bytes, at);
  }

  /**
   * Fixes the format, because the viewer has asked for pixels.
   * @throws {PortholeError} `viewer_malformed` for a format on which servers disagree.
   */
  fix(): void {
    if (!this.#sizes.isAgreed) {
      throw new PortholeError("viewer_malformed", "Cannot filter this viewer: 32-bit pixels must have a depth of 24");
    }
    this.#isFixed = true;
  }
}
