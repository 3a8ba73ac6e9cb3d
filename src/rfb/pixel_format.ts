/** PIXEL_FORMAT (RFC 6143 section 7.4) as far as the lengths of rectangles depend on it. */
import { PortholeError } from "../errors.ts";
import { readU16 } from "./big_endian.ts";

/** Bytes of a PIXEL_FORMAT on the wire. */
export const PIXEL_FORMAT_BYTES = 16;

/** What the framer needs to know of a pixel format. */
export interface PixelSizes {
  /** Bytes of a pixel: 1, 2 or 4. */
  readonly pixelBytes: number;
  /** Bytes of Tight's TPIXEL. */
  readonly tightPixelBytes: number;
  /**
   * Whether every server takes the TPIXEL for that long. For 32 bits of other depths they differ: TigerVNC looks at
   * the depth, QEMU does not, neatvnc divides it by eight.
   */
  readonly isAgreed: boolean;
}

/**
 * Reads the 16 bytes of a PIXEL_FORMAT at `at`.
 * @throws PortholeError `viewer_malformed` when bits-per-pixel is not 8, 16 or 32.
 */
export function readPixelSizes(bytes: Uint8Array, at: number): PixelSizes {
  const bits = bytes[at]!;
  if (bits !== 8 && bits !== 16 && bits !== 32) {
    throw new PortholeError("viewer_malformed", `Cannot follow the viewer: pixels of ${bits} bits`);
  }
  if (bits < 32) return { pixelBytes: bits / 8, tightPixelBytes: bits / 8, isAgreed: true };
  const isPacked = isTrueColour888(bytes, at);
  return { pixelBytes: 4, tightPixelBytes: isPacked ? 3 : 4, isAgreed: isPacked };
}

/** Depth 24 with eight bits each at byte borders: what every server packs into three bytes. */
function isTrueColour888(bytes: Uint8Array, at: number): boolean {
  const shifts = [bytes[at + 10]!, bytes[at + 11]!, bytes[at + 12]!];
  return bytes[at + 1] === 24 && bytes[at + 3] !== 0 &&
    [4, 6, 8].every((maximum) => readU16(bytes, at + maximum) === 255) &&
    shifts.every((shift) => shift % 8 === 0 && shift <= 24) && new Set(shifts).size === 3;
}

/**
 * The pixel format of one session: ServerInit's, then the viewer's. The up filter writes it, the down framer reads it.
 *
 * It is fixed by the viewer's first request, since what a later SetPixelFormat does to updates under way is undefined
 * (rfbproto, "SetPixelFormat").
 */
export class PixelState {
  #sizes: PixelSizes;
  #isFixed = false;

  /** Takes ServerInit's 16 bytes, which the login has checked. */
  constructor(serverFormat: Uint8Array) {
    this.#sizes = readPixelSizes(serverFormat, 0);
  }

  get sizes(): PixelSizes {
    return this.#sizes;
  }

  /**
   * The viewer asks for another format.
   * @throws PortholeError `viewer_malformed` when it already asked for pixels.
   */
  change(bytes: Uint8Array, at: number): void {
    if (this.#isFixed) {
      throw new PortholeError("viewer_malformed", "Cannot follow the viewer: pixel format changed after an update");
    }
    this.#sizes = readPixelSizes(bytes, at);
  }

  /**
   * The viewer asks for pixels.
   * @throws PortholeError `viewer_malformed` when servers do not agree about the format.
   */
  fix(): void {
    if (!this.#sizes.isAgreed) {
      throw new PortholeError("viewer_malformed", "Cannot follow the viewer: 32-bit pixels must have a depth of 24");
    }
    this.#isFixed = true;
  }
}
