/** Viewer-to-source messages and how long they are (RFC 6143 section 7.5, and rfbproto for 150 and up). */
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

/** Encodings that one SetEncodings may list; viewers send about thirty. */
export const MAX_ENCODINGS = 1024;

/** Bytes of a ClientFence's payload (rfbproto, "ClientFence"). */
const MAX_FENCE_BYTES = 64;

/** Bytes of the longest message beside ClientCutText and gii: SetEncodings. */
export const MAX_MESSAGE_BYTES = 4 + 4 * MAX_ENCODINGS;

/** One row of the table. */
interface ClientMessage {
  readonly name: string;
  /** What it is for: `look` changes this viewer's own picture only, `act` the desktop, `text` its clipboard. */
  readonly use: "look" | "act" | "text" | "gii";
  /** Bytes without the counted part, all of which must be there before the length is known. */
  readonly bytes: number;
  /** A counted part behind: where the count stands, its width, what each of them takes, and how many may come. */
  readonly counted?: {
    readonly at: number;
    readonly width: 1 | 2;
    readonly each: number;
    readonly most?: number;
  };
}

/**
 * By type. Types that are not here end the session: their length is not agreed between servers, and some of them
 * (7, 9, 10, 130 and up) make x11vnc and TightVNC transfer files.
 */
const MESSAGES: Readonly<Record<number, ClientMessage>> = {
  0: { name: "SetPixelFormat", use: "look", bytes: 20 },
  2: { name: "SetEncodings", use: "look", bytes: 4, counted: { at: 2, width: 2, each: 4, most: MAX_ENCODINGS } },
  3: { name: "FramebufferUpdateRequest", use: "look", bytes: 10 },
  4: { name: "KeyEvent", use: "act", bytes: 8 },
  5: { name: "PointerEvent", use: "act", bytes: 6 },
  6: { name: "ClientCutText", use: "text", bytes: 8 },
  150: { name: "EnableContinuousUpdates", use: "look", bytes: 10 },
  248: { name: "ClientFence", use: "look", bytes: 9, counted: { at: 8, width: 1, each: 1, most: MAX_FENCE_BYTES } },
  250: { name: "xvp", use: "act", bytes: 4 },
  251: { name: "SetDesktopSize", use: "act", bytes: 8, counted: { at: 6, width: 1, each: 16 } },
  253: { name: "gii", use: "gii", bytes: 4 },
  255: { name: "QEMU", use: "act", bytes: 4 },
};

const ROWS: readonly (ClientMessage | undefined)[] = Array.from({ length: 256 }, (_, type) => MESSAGES[type]);

/** What messages of that type are for; undefined when the type is not known. */
export function readUse(type: number): ClientMessage["use"] | undefined {
  return ROWS[type]?.use;
}

/**
 * The length in bytes of the message that starts at `at`, or -1 while too little of it is there to tell.
 * @throws PortholeError `viewer_malformed` for unknown types and for counts over the cap.
 */
export function measureClientMessage(bytes: Uint8Array, at: number): number {
  const type = bytes[at]!;
  const row = ROWS[type];
  if (!row) throw new PortholeError("viewer_malformed", `Cannot follow the viewer: unknown message type ${type}`);
  if (bytes.length - at < row.bytes) return -1;
  if (row.counted) return measureCounted(row, row.counted, bytes, at);
  if (type < 250) return type === CLIENT_MESSAGE.clientCutText ? 8 + Math.abs(readS32(bytes, at + 4)) : row.bytes;
  return type === 255 ? measureQemu(bytes, at) : type === 253 ? measureGii(bytes, at) : row.bytes;
}

function measureCounted(
  row: ClientMessage,
  counted: NonNullable<ClientMessage["counted"]>,
  bytes: Uint8Array,
  at: number,
): number {
  const count = counted.width === 1 ? bytes[at + counted.at]! : readU16(bytes, at + counted.at);
  if (count > (counted.most ?? Infinity)) {
    throw new PortholeError("viewer_malformed", `Cannot follow the viewer: ${row.name} with a count of ${count}`);
  }
  return row.bytes + counted.each * count;
}

/** QEMU's submessages: 0 is a key event, 1 is audio (0 on, 1 off, 2 format). */
function measureQemu(bytes: Uint8Array, at: number): number {
  const submessage = bytes[at + 1]!;
  if (submessage === 0) return 12;
  const operation = readU16(bytes, at + 2);
  if (submessage === 1 && operation <= 2) return operation === 2 ? 10 : 4;
  throw new PortholeError("viewer_malformed", `Cannot follow the viewer: unknown QEMU message ${submessage}`);
}

/** gii says with the highest bit of its second byte whether its length is big-endian. */
function measureGii(bytes: Uint8Array, at: number): number {
  const isBigEndian = (bytes[at + 1]! & 0x80) !== 0;
  return 4 + (isBigEndian ? readU16(bytes, at + 2) : bytes[at + 2]! | bytes[at + 3]! << 8);
}
