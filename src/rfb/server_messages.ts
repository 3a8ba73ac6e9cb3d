/** Messages from source to viewer and their lengths (RFC 6143 section 7.6; rfbproto for 150 and up). */
import { PortholeError } from "../errors.ts";
import { readS32, readU16, readU32 } from "./big_endian.ts";

/** Message types that the down framer names. */
export const SERVER_MESSAGE = { framebufferUpdate: 0, serverCutText: 3 } as const;

/** The error for bytes from a source that cannot be parsed; `what` ends the sentence. */
export function malformed(what: string): PortholeError {
  return new PortholeError("vnc_malformed", `Cannot parse the VNC server's message: ${what}`);
}

/**
 * Length of the message that starts at `at`, or of a FramebufferUpdate's header; -1 while too few bytes have arrived to
 * know it.
 * @throws {PortholeError} `vnc_malformed` for unknown types.
 */
export function measureServerMessage(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end) return -1;
  const there = end - at;
  switch (bytes[at]) {
    case 0: // FramebufferUpdate
      return there < 4 ? -1 : 4;
    case 1: // SetColourMapEntries
      return there < 6 ? -1 : 6 + 6 * readU16(bytes, at + 4);
    case 2: // Bell
    case 150: // EndOfContinuousUpdates
      return 1;
    case 3: // ServerCutText
      return there < 8 ? -1 : 8 + Math.abs(readS32(bytes, at + 4));
    case 248: // ServerFence
      return there < 9 ? -1 : 9 + bytes[at + 8]!;
    case 250: // xvp
      return 4;
    case 255: // QEMU audio
      return measureQemuAudio(bytes, at, there);
    default:
      throw malformed(`unknown message type ${bytes[at]}`);
  }
}

/** QEMU audio: its operation ends the stream (0), begins it (1), or carries samples (2). */
function measureQemuAudio(bytes: Uint8Array, at: number, there: number): number {
  if (there < 4) return -1;
  const operation = readU16(bytes, at + 2);
  if (bytes[at + 1] !== 1 || operation > 2) throw malformed(`unknown QEMU message ${bytes[at + 1]}`);
  if (operation < 2) return 4;
  return there < 8 ? -1 : 8 + readU32(bytes, at + 4);
}
