/** WebSocket framing as far as a load generator needs it: headers are parsed, payload is only counted. RFC 6455 section 5.2. */

const TEXT = 1;

/** Counts the frames of an unmasked stream (server to client), however it is cut. */
export class FrameCounter {
  /** Payload bytes of data frames so far; of binary ones only, if somebody takes the texts. */
  payloadBytes: number;
  /** Those of them that belong to whole frames. */
  wholeBytes: number;
  /** Data frames whose header was seen. */
  frames = 0;
  /** Pings that nobody has answered yet. */
  pings = 0;
  /** Whether a close frame was seen. */
  closed = false;

  readonly #header = new Uint8Array(10);
  #headerBytes = 0;
  #payloadLeft = 0;
  #isData = false;
  readonly #takeText: ((text: string) => void) | undefined;
  /** The text frame that is coming. */
  #text: Uint8Array<ArrayBuffer> | undefined;

  /** @param payloadBytes what other connections of the same session have brought */
  constructor(takeText?: (text: string) => void, payloadBytes = 0) {
    this.#takeText = takeText;
    this.payloadBytes = this.wholeBytes = payloadBytes;
  }

  /** Takes the first `length` bytes of `bytes`. @throws when a frame is masked, or longer than 2^32 bytes. */
  take(bytes: Uint8Array, length: number): void {
    let at = 0;
    while (at < length) {
      if (this.#payloadLeft > 0) {
        const step = Math.min(this.#payloadLeft, length - at);
        this.#text?.set(bytes.subarray(at, at + step), this.#text.length - this.#payloadLeft);
        this.#payloadLeft -= step;
        if (this.#isData) this.payloadBytes += step;
        at += step;
        if (this.#payloadLeft === 0) this.#finish();
      } else {
        this.#header[this.#headerBytes++] = bytes[at++]!;
        if (this.#headerBytes >= 2 && this.#headerBytes === this.#headerLength()) this.#begin();
      }
    }
  }

  #headerLength(): number {
    const short = this.#header[1]! & 0x7f;
    return short === 127 ? 10 : short === 126 ? 4 : 2;
  }

  #begin(): void {
    const view = new DataView(this.#header.buffer);
    if (view.getUint8(1) & 0x80) throw new Error("The server sent a masked frame");
    if (this.#headerBytes === 10 && view.getUint32(2) !== 0) throw new Error("The server sent an endless frame");
    this.#payloadLeft = this.#headerBytes === 10
      ? view.getUint32(6)
      : this.#headerBytes === 4
      ? view.getUint16(2)
      : view.getUint8(1);
    this.#headerBytes = 0;
    this.#count(view.getUint8(0) & 0x0f);
  }

  #finish(): void {
    this.wholeBytes = this.payloadBytes;
    if (this.#text === undefined) return;
    const text = new TextDecoder().decode(this.#text);
    this.#text = undefined;
    this.#takeText?.(text);
  }

  #count(opcode: number): void {
    const isText = opcode === TEXT && this.#takeText !== undefined;
    if (isText) this.#text = new Uint8Array(this.#payloadLeft);
    this.#isData = opcode < 8 && !isText;
    if (this.#isData) this.frames++;
    if (opcode === 8) this.closed = true;
    if (opcode === 9) this.pings++;
  }
}

/** One masked frame (client to server) with up to 125 bytes of payload. */
export function encodeFrame(opcode: number, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const mask = [0x37, 0xfa, 0x21, 0x3d];
  const frame = new Uint8Array(6 + payload.length);
  frame.set([0x80 | opcode, 0x80 | payload.length, ...mask]);
  for (let i = 0; i < payload.length; i++) frame[6 + i] = payload[i]! ^ mask[i % 4]!;
  return frame;
}
