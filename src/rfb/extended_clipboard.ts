/**
 * Cut text messages of the extended clipboard (rfbproto, "Extended Clipboard Pseudo-Encoding"), the same in both
 * directions: U8 type, 3 bytes of padding, S32 negative length, U32 flags, data.
 */
import { readS32, readU32 } from "./big_endian.ts";

const CAPS = 1 << 24;
const REQUEST = 1 << 25;
const PEEK = 1 << 26;
const NOTIFY = 1 << 27;
const PROVIDE = 1 << 28;
const ACTIONS = 0xff << 24;

/** Bytes of a cut text message up to the end of the flags. */
export const CLIPBOARD_HEAD_BYTES = 12;

/** The effect of a message of the extended clipboard. */
export type ClipboardAct =
  /** Announces capabilities, or asks for the other side's text. */
  | "signal"
  /** Announces or carries the sender's own text. */
  | "text"
  /** Violates the specification. */
  | "malformed";

/**
 * The effect of the extended message at `at`, of which the first 12 bytes have arrived.
 *
 * The length must be exactly what the action needs: TigerVNC reads the surplus of a longer caps, request, peek or
 * notify as the next message, so a longer one could smuggle anything past the filter.
 */
export function readClipboardAct(bytes: Uint8Array, at: number): ClipboardAct {
  const length = -readS32(bytes, at + 4);
  const flags = readU32(bytes, at + 8);
  if (length < 4) return "malformed";
  if (flags & CAPS) return length === 4 + 4 * countFormats(flags) ? "signal" : "malformed";
  const action = flags & ACTIONS;
  if (action === PROVIDE) return "text";
  if (length !== 4) return "malformed";
  if (action === NOTIFY) return "text";
  return action === REQUEST || action === PEEK ? "signal" : "malformed";
}

function countFormats(flags: number): number {
  let count = 0;
  for (let bit = 0; bit < 16; bit++) count += flags >>> bit & 1;
  return count;
}
