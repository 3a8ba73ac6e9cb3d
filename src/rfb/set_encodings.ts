/**
 * SetEncodings as the source may see it. Most extensions act only after the viewer listed their pseudo-encoding, so
 * taking it out of the list turns the extension off (RFC 6143 section 7.5.2).
 */
import { readS32, readU16 } from "./big_endian.ts";
import { ENCODING, isLevel } from "./encodings.ts";
import { FRAMEABLE_ENCODINGS } from "./rect_length.ts";

/** Extensions that no filtered viewer gets: -316 gives PointerEvent two lengths, gii and -257 change what input means. */
const NEVER: readonly number[] = [ENCODING.extendedMouseButtons, ENCODING.gii, ENCODING.qemuPointerMotion];

/** Extensions that act or listen. */
const NEVER_WHILE_VIEWING: readonly number[] = [ENCODING.xvp, ENCODING.qemuKeyEvent, ENCODING.qemuAudio];

/** What a viewer may do, as far as its encodings go. */
export interface EncodingPolicy {
  readonly viewOnly: boolean;
  /** Whether the extended clipboard may be turned on. */
  readonly extendedClipboard: boolean;
  /** Only what the down framer can measure. */
  readonly framed: boolean;
}

/** Makes the question whether an encoding, signed, may stay in the list. */
export function createEncodingFilter(policy: EncodingPolicy): (encoding: number) => boolean {
  const denied = new Set(policy.viewOnly ? [...NEVER, ...NEVER_WHILE_VIEWING] : NEVER);
  if (!policy.extendedClipboard) denied.add(ENCODING.extendedClipboard);
  return (encoding) =>
    !denied.has(encoding) && (!policy.framed || FRAMEABLE_ENCODINGS.has(encoding) || isLevel(encoding));
}

/**
 * Copies the SetEncodings message at `at`, all of which is there, without the encodings that may not stay; the order
 * is kept, since it is the viewer's preference.
 */
export function rewriteSetEncodings(
  bytes: Uint8Array,
  at: number,
  mayStay: (encoding: number) => boolean,
): Uint8Array {
  const count = readU16(bytes, at + 2);
  const message = bytes.slice(at, at + 4 + 4 * count);
  let end = 4;
  for (let from = 4; from < message.length; from += 4) {
    if (!mayStay(readS32(message, from))) continue;
    message.copyWithin(end, from, from + 4);
    end += 4;
  }
  message[2] = (end - 4) >> 2 >> 8;
  message[3] = (end - 4) >> 2;
  return message.subarray(0, end);
}
