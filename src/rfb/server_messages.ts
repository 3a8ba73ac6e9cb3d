/** Messages from source to viewer and their lengths (RFC 6143 section 7.6; rfbproto for 150 and up). */
import { PortholeError } from "../errors.ts";
import { readS32, readU16, readU32 } from "./big_endian.ts";

/** Message types that the gateway and the page name. */
export const SERVER_MESSAGE = {
  framebufferUpdate: 0,
  setColourMapEntries: 1,
  serverCutText: 3,
  serverFence: 248,
  xvp: 250,
} as const;

/** Types of extensions that the viewer must ask for, which neither noVNC nor the up filter does. */
const UNASKED: ReadonlySet<number> = new Set([7, 11, 13, 173, 253]);

/** Other types that servers are known to send, for the sentence about a message that cannot be parsed. */
const NAMES: Readonly<Record<number, string>> = {
  4: "ResizeFrameBuffer",
  7: "UltraVNC file transfer",
  11: "UltraVNC text chat",
  13: "UltraVNC KeepAlive",
  15: "PalmVNC ResizeFrameBuffer",
  127: "VMware",
  173: "UltraVNC ServerState",
  249: "OLIVE Call Control",
  252: "TightVNC",
  253: "gii",
  254: "VMware",
  255: "QEMU",
};

/** Types of TightVNC 1.x's file transfer. */
const TIGHT_FILES_FROM = 130;
const TIGHT_FILES_TO = 136;

/** Whether a message of this type means nothing to a viewer that has asked for no such extension, and can be dropped. */
export function isUnasked(type: number): boolean {
  return UNASKED.has(type);
}

/** A message type for a sentence: "type 127 (VMware)". */
export function nameServerMessage(type: number): string {
  const name = type >= TIGHT_FILES_FROM && type <= TIGHT_FILES_TO ? "TightVNC file transfer" : NAMES[type];
  return name === undefined ? `type ${type}` : `type ${type} (${name})`;
}

/** The error for bytes from a source that cannot be parsed; `what` ends the sentence. A retry would meet the same. */
export function malformed(what: string): PortholeError {
  return new PortholeError("vnc_malformed", `Cannot parse the VNC server's message: ${what}`, { retry: false });
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
    case 13: // UltraVNC KeepAlive
    case 150: // EndOfContinuousUpdates
      return 1;
    case 3: // ServerCutText
      return there < 8 ? -1 : 8 + Math.abs(readS32(bytes, at + 4));
    case 7: // UltraVNC file transfer
      return there < 12 ? -1 : 12 + readU32(bytes, at + 8);
    case 11: // UltraVNC text chat, whose negative lengths open and close it
      return there < 8 ? -1 : 8 + Math.max(0, readS32(bytes, at + 4));
    case 173: // UltraVNC ServerState
      return 12;
    case 248: // ServerFence
      return there < 9 ? -1 : 9 + bytes[at + 8]!;
    case 250: // xvp
      return 4;
    case 253: // gii
      return there < 4 ? -1 : 4 + measureGii(bytes, at);
    case 255: // QEMU audio
      return measureQemuAudio(bytes, at, there);
    default:
      throw malformed(`unknown message ${nameServerMessage(bytes[at]!)}`);
  }
}

/** The highest bit of gii's second byte says whether its length is big-endian. */
function measureGii(bytes: Uint8Array, at: number): number {
  return (bytes[at + 1]! & 0x80) !== 0 ? readU16(bytes, at + 2) : bytes[at + 2]! | bytes[at + 3]! << 8;
}

/** QEMU audio: its operation ends the stream (0), begins it (1), or carries samples (2). */
function measureQemuAudio(bytes: Uint8Array, at: number, there: number): number {
  if (there < 4) return -1;
  const operation = readU16(bytes, at + 2);
  if (bytes[at + 1] !== 1 || operation > 2) throw malformed(`unknown QEMU message ${bytes[at + 1]}`);
  if (operation < 2) return 4;
  return there < 8 ? -1 : 8 + readU32(bytes, at + 4);
}
