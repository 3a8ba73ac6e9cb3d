/** The format that the bench's source and its raw viewers share, so that viewers only count bytes. RFC 6143 section 7. */

/** The side of the screen, a square, and of the update that fills it, in 32-bit pixels: 1 MiB. */
export const SCREEN_SIDE = 512;

/** Bytes of one FramebufferUpdate of the flood: its header, one Raw rectangle's header, and 1 MiB of pixels. */
export const UPDATE_BYTES = 16 + SCREEN_SIDE * SCREEN_SIDE * 4;

const PIECES_SIDE = 16;

/** Bytes of an update that is sent in two pieces: small, as for a letter that was typed. */
export const PIECES_BYTES = 16 + PIECES_SIDE * PIECES_SIDE * 4;

/** Bytes of one echoed message: two FramebufferUpdateRequests. */
export const ECHO_BYTES = 20;

const name = new TextEncoder().encode("bench");

/** The source's side of the handshake, step by step; each but the first waits for the viewer's step before it. */
export const SOURCE_STEPS: readonly Uint8Array<ArrayBuffer>[] = [
  new TextEncoder().encode("RFB 003.008\n"),
  new Uint8Array([1, 1]), // one security type: None
  new Uint8Array(4), // SecurityResult: OK
  buildServerInit(),
];

/** The viewer's side of the handshake: the answer to each of the source's steps but the last. */
export const VIEWER_STEPS: readonly Uint8Array<ArrayBuffer>[] = [
  new TextEncoder().encode("RFB 003.008\n"),
  new Uint8Array([1]),
  new Uint8Array([1]), // ClientInit: shared
];

function buildServerInit(): Uint8Array<ArrayBuffer> {
  const message = new Uint8Array(24 + name.length);
  const view = new DataView(message.buffer);
  view.setUint16(0, SCREEN_SIDE);
  view.setUint16(2, SCREEN_SIDE);
  message.set([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0], 4);
  view.setUint32(20, name.length);
  message.set(name, 24);
  return message;
}

/** One FramebufferUpdate with one Raw rectangle of noise that fills the screen. */
export function buildUpdate(): Uint8Array<ArrayBuffer> {
  return buildSquare(SCREEN_SIDE);
}

/** A small update, as its two pieces. */
export function buildPieces(): readonly Uint8Array<ArrayBuffer>[] {
  const message = buildSquare(PIECES_SIDE);
  return [message.slice(0, PIECES_BYTES / 2), message.slice(PIECES_BYTES / 2)];
}

/** A FramebufferUpdate with one Raw square of noise, in 32-bit pixels. */
export function buildSquare(side: number): Uint8Array<ArrayBuffer> {
  const message = new Uint8Array(16 + side * side * 4);
  for (let at = 16; at < message.length; at++) message[at] = (at * 2654435761) >>> 13;
  const view = new DataView(message.buffer);
  view.setUint16(2, 1);
  view.setUint16(8, side);
  view.setUint16(10, side);
  return message;
}

/** A FramebufferUpdateRequest; the flooding source takes its width as the number of updates to send. */
export function buildRequest(updates: number, isIncremental = false): Uint8Array<ArrayBuffer> {
  const message = new Uint8Array(10);
  const view = new DataView(message.buffer);
  view.setUint8(0, 3);
  view.setUint8(1, Number(isIncremental));
  view.setUint16(6, updates);
  view.setUint16(8, 1);
  return message;
}

/** How many updates a FramebufferUpdateRequest asks the flooding source for. */
export function readRequest(message: Uint8Array): number {
  return new DataView(message.buffer, message.byteOffset).getUint16(6);
}

/** The message that an echoing viewer sends: valid RFB, so that a stage in between lets it pass. */
export function buildEcho(): Uint8Array<ArrayBuffer> {
  const message = new Uint8Array(ECHO_BYTES);
  message.set(buildRequest(1), 0);
  message.set(buildRequest(1), 10);
  return message;
}
