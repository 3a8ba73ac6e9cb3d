/** Messages from viewer to source and their lengths (RFC 6143 section 7.5; rfbproto for 150 and up). */
import { PortholeError } from "../errors.ts";
import { readS32, readU16 } from "./big_endian.ts";

/** Message types that the up filter names. */
export const CLIENT_MESSAGE = {
  setPixelFormat: 0,
  setEncodings: 2,
  framebufferUpdateRequest: 3,
  pointerEvent: 5,
  clientCutText: 6,
  enableContinuousUpdates: 150,
} as const;

/** Maximum number of encodings in one SetEncodings; viewers list about thirty. */
const MAX_ENCODINGS = 1024;

/** Maximum size of a ClientFence's payload (rfbproto, "ClientFence"). */
const MAX_FENCE_BYTES = 64;

/** Maximum number of screens in a SetDesktopSize, whose count is a U8 (rfbproto, "SetDesktopSize"). */
const MAX_SCREENS = 255;

/** The purpose of a message: the viewer's own view, control of the desktop, cut text, or gii's own kinds of input. */
export type ClientMessageUse = "view" | "control" | "text" | "gii";

/** Items at the end of a message, counted by one of its fields. */
interface Counted {
  /** Offset of the count in the message. */
  readonly at: number;
  /** Bytes of the count. */
  readonly width: 1 | 2;
  /** Bytes of one item. */
  readonly each: number;
  /** Maximum number of items. */
  readonly most: number;
}

/** One row of the table. */
interface ClientMessage {
  readonly name: string;
  readonly use: ClientMessageUse;
  /** Bytes without the counted items. All of them must have arrived before the length is known. */
  readonly bytes: number;
  /** Null where the length is fixed, or follows from fields that `measureClientMessage` reads. */
  readonly counted: Counted | null;
}

/**
 * Messages by type. Types that are not here end the session: servers do not agree on their length, and some of them (7,
 * 9, 10, 130 and up) make x11vnc and TightVNC transfer files.
 */
const MESSAGES: Readonly<Record<number, ClientMessage>> = {
  0: { name: "SetPixelFormat", use: "view", bytes: 20, counted: null },
  2: { name: "SetEncodings", use: "view", bytes: 4, counted: { at: 2, width: 2, each: 4, most: MAX_ENCODINGS } },
  3: { name: "FramebufferUpdateRequest", use: "view", bytes: 10, counted: null },
  4: { name: "KeyEvent", use: "control", bytes: 8, counted: null },
  5: { name: "PointerEvent", use: "control", bytes: 6, counted: null },
  6: { name: "ClientCutText", use: "text", bytes: 8, counted: null },
  150: { name: "EnableContinuousUpdates", use: "view", bytes: 10, counted: null },
  248: { name: "ClientFence", use: "view", bytes: 9, counted: { at: 8, width: 1, each: 1, most: MAX_FENCE_BYTES } },
  250: { name: "xvp", use: "control", bytes: 4, counted: null },
  251: { name: "SetDesktopSize", use: "control", bytes: 8, counted: { at: 6, width: 1, each: 16, most: MAX_SCREENS } },
  253: { name: "gii", use: "gii", bytes: 4, counted: null },
  255: { name: "QEMU", use: "control", bytes: 4, counted: null },
};

const ROWS: readonly (ClientMessage | undefined)[] = Array.from({ length: 256 }, (_, type) => MESSAGES[type]);

/** The error for a message that cannot be parsed; `what` ends the sentence. */
function malformed(what: string): PortholeError {
  return new PortholeError("viewer_malformed", `Cannot parse the viewer's message: ${what}`);
}

/** The purpose of messages of this type; undefined for unknown types. */
export function readUse(type: number): ClientMessageUse | undefined {
  return ROWS[type]?.use;
}

/**
 * Length in bytes of the message that starts at `at`, or -1 while too few of them have arrived to know it.
 * @throws {PortholeError} `viewer_malformed` for unknown types and for counts over the cap.
 */
export function measureClientMessage(bytes: Uint8Array, at: number): number {
  const type = bytes[at]!;
  const row = ROWS[type];
  if (!row) throw malformed(`unknown message type ${type}`);
  if (bytes.length - at < row.bytes) return -1;
  if (row.counted) return measureCounted(row, row.counted, bytes, at);
  if (type < 250) return type === CLIENT_MESSAGE.clientCutText ? 8 + Math.abs(readS32(bytes, at + 4)) : row.bytes;
  return type === 255 ? measureQemu(bytes, at) : type === 253 ? measureGii(bytes, at) : row.bytes;
}

function measureCounted(
  row: ClientMessage,
  counted: Counted,
  bytes: Uint8Array,
  at: number,
): number {
  const count = counted.width === 1 ? bytes[at + counted.at]! : readU16(bytes, at + counted.at);
  if (count > counted.most) {
    throw malformed(`${row.name} with a count of ${count}`);
  }
  return row.bytes + counted.each * count;
}

/** QEMU's submessages: 0 is a key event, 1 is audio with an operation (0 on, 1 off, 2 format). */
function measureQemu(bytes: Uint8Array, at: number): number {
  const submessage = bytes[at + 1]!;
  if (submessage === 0) return 12;
  const operation = readU16(bytes, at + 2);
  if (submessage === 1 && operation <= 2) return operation === 2 ? 10 : 4;
  throw malformed(`unknown QEMU message ${submessage}`);
}

/** gii: the highest bit of the second byte says whether the length is big-endian. */
function measureGii(bytes: Uint8Array, at: number): number {
  const isBigEndian = (bytes[at + 1]! & 0x80) !== 0;
  return 4 + (isBigEndian ? readU16(bytes, at + 2) : bytes[at + 2]! | bytes[at + 3]! << 8);
}
