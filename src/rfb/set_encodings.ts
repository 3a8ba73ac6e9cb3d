/**
 * The filter for SetEncodings (RFC 6143 section 7.5.2). Most extensions act only after the viewer lists their
 * pseudo-encoding, so removing it from the list turns the extension off.
 */
import { readS32, readU16 } from "./big_endian.ts";
import { ENCODING, isLevel } from "./encodings.ts";
import { FRAMEABLE_ENCODINGS } from "./rect_length.ts";

/** Extensions denied to every filtered viewer: -316 gives PointerEvent two lengths, gii and -257 change input. */
const UNFILTERABLE: readonly number[] = [ENCODING.extendedMouseButtons, ENCODING.gii, ENCODING.qemuPointerMotion];

/** Extensions that control the desktop or listen to it. */
const CONTROLLING: readonly number[] = [ENCODING.xvp, ENCODING.qemuKeyEvent, ENCODING.qemuAudio];

/** The policy for the encodings that a viewer may list. */
export interface EncodingPolicy {
  /** Whether extensions that control the desktop are removed. */
  readonly viewOnly: boolean;
  /** Whether the viewer may use the extended clipboard. */
  readonly extendedClipboard: boolean;
  /** Whether to remove encodings that the down framer cannot measure. */
  readonly framed: boolean;
}

/** Makes the predicate that says whether an encoding, a signed number, may stay in the list. */
export function createEncodingFilter(policy: EncodingPolicy): (encoding: number) => boolean {
  const denied = new Set(policy.viewOnly ? [...UNFILTERABLE, ...CONTROLLING] : UNFILTERABLE);
  if (!policy.extendedClipboard) denied.add(ENCODING.extendedClipboard);
  return (encoding) =>
    !denied.has(encoding) && (!policy.framed || FRAMEABLE_ENCODINGS.has(encoding) || isLevel(encoding));
}

/**
 * Copies the whole SetEncodings message at `at` without the encodings that may not stay. The others keep their order,
 * which is the viewer's preference.
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
