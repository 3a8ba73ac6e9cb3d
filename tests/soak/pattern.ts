/** What the checked streams carry: FramebufferUpdates whose every byte follows from its place in the stream. */
import { Seeded } from "../fakes/seeded.ts";

const SIDE = 32;
const HEAD_BYTES = 16;

/** Bytes of one FramebufferUpdate with one Raw rectangle of 32 × 32 pixels (RFC 6143 sections 7.6.1 and 7.7.1). */
export const MESSAGE_BYTES = HEAD_BYTES + SIDE * SIDE * 4;

const NOISE = makeNoise(128 * 1024);

function makeNoise(bytes: number): Uint8Array<ArrayBuffer> {
  const chance = new Seeded(bytes);
  return Uint8Array.from({ length: bytes }, () => chance.below(256));
}

/** Messages `from` up to `from + count` of a stream. */
export function buildMessages(from: number, count: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(count * MESSAGE_BYTES);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < count; at++) {
    const start = at * MESSAGE_BYTES;
    const number = from + at;
    view.setUint16(start + 2, 1);
    view.setUint16(start + 8, SIDE);
    view.setUint16(start + 10, SIDE);
    const noiseAt = number * 997 % (NOISE.length - MESSAGE_BYTES);
    bytes.set(NOISE.subarray(noiseAt, noiseAt + MESSAGE_BYTES - HEAD_BYTES), start + HEAD_BYTES);
    view.setUint32(start + HEAD_BYTES, number);
  }
  return bytes;
}

/** Compares what arrives with what was sent. */
export class StreamCheck {
  /** Bytes so far. */
  bytes = 0;
  /** Where the first byte differs; undefined while none does. */
  wrongAt: number | undefined;

  take(chunk: Uint8Array): void {
    const first = Math.floor(this.bytes / MESSAGE_BYTES);
    const last = Math.floor((this.bytes + chunk.length - 1) / MESSAGE_BYTES);
    const skipped = this.bytes - first * MESSAGE_BYTES;
    const expected = buildMessages(first, last - first + 1).subarray(skipped, skipped + chunk.length);
    if (this.wrongAt === undefined && !isSame(expected, chunk)) {
      this.wrongAt = this.bytes + chunk.findIndex((byte, at) => byte !== expected[at]);
    }
    this.bytes += chunk.length;
  }
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
  return one.length === other.length;
}

const REQUEST_BYTES = 10;
const POINTER_BYTES = 6;

/** What a viewer asks of an honest source. */
export interface Order {
  /** Number of messages. */
  readonly messages: number;
  /** Whether the source closes after the last one. */
  readonly closes: boolean;
  /** Pointer events that the viewer has sent so far. */
  readonly pointers: number;
}

/** An order as a FramebufferUpdateRequest (RFC 6143 section 7.5.3): x is the pointer events, width the messages. */
export function encodeOrder({ messages, closes, pointers }: Order): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(REQUEST_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, 3);
  view.setUint8(1, closes ? 1 : 0);
  view.setUint16(2, pointers);
  view.setUint16(6, messages);
  return bytes;
}

/** The pointer event with this number (RFC 6143 section 7.5.5). */
export function encodePointer(number: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(5, 0, number >> 24, number >> 16, number >> 8, number);
}

/** What a source reads: an order, or the number of a pointer event. */
export type FromViewer = Order | number;

/** Reads the next message with `read`, which gives exactly that many bytes. @throws Error for any other message */
export async function readFromViewer(read: (bytes: number) => Promise<DataView>): Promise<FromViewer> {
  const type = (await read(1)).getUint8(0);
  if (type === 5) return (await read(POINTER_BYTES - 1)).getUint32(1);
  if (type !== 3) throw new WrongByte(`a message of type ${type}`);
  const rest = await read(REQUEST_BYTES - 1);
  return { closes: rest.getUint8(0) === 1, pointers: rest.getUint16(1), messages: rest.getUint16(5) };
}

/** A byte on its way up is not what a viewer sent. */
export class WrongByte extends Error {}
