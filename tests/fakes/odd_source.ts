/** A VNC server that shows one colour and has an oddity: of pixel format, or a message that nobody asked for. */
import type { ByteStream } from "../../src/bridge/byte_stream.ts";
import { ByteReader } from "../../src/demo/byte_reader.ts";

const WIDTH = 64;
const HEIGHT = 48;
const TRUE_COLOUR = [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0];
/** PIXEL_FORMATs of servers with fewer colours. */
export const COLOUR_MAP = [8, 8, 0, 0, 0, 7, 0, 7, 0, 3, 0, 3, 6, 0, 0, 0];
export const HIGH_COLOUR = [16, 16, 0, 1, 0, 31, 0, 63, 0, 31, 11, 5, 0, 0, 0, 0];
/** SetColourMapEntries with two colours. */
export const COLOURS = [1, 0, 0, 0, 0, 2, ...Array<number>(12).fill(7)];
/** A message of UltraVNC's. */
export const SERVER_STATE = [173, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 2];

/** What is odd. */
export interface Oddity {
  /** PIXEL_FORMAT of ServerInit. */
  readonly format?: readonly number[];
  /** Whether it keeps to that format, whatever viewers ask for. */
  readonly keepsFormat?: boolean;
  /** Sent before the picture. */
  readonly before?: readonly number[];
}

/** Plays the server on one connection; the viewer needs no password. Returns when the viewer leaves. */
export async function playOddSource(stream: ByteStream, oddity: Oddity): Promise<void> {
  const reader = new ByteReader(stream.readable);
  const writer = stream.writable.getWriter();
  const send = (...bytes: number[]) => writer.write(Uint8Array.from(bytes));
  const { format = TRUE_COLOUR, keepsFormat = false, before = [] } = oddity;
  await send(...new TextEncoder().encode("RFB 003.008\n"));
  await reader.read(12);
  await send(1, 1);
  await reader.read(1);
  await send(0, 0, 0, 0);
  await reader.read(1);
  await send(0, WIDTH, 0, HEIGHT, ...format, 0, 0, 0, 3, 0x6f, 0x64, 0x64);
  let pixelBytes = format[0]! / 8;
  for (let hasPicture = false;;) {
    const [type] = await reader.read(1);
    if (type === 0) {
      const asked = await reader.read(19);
      if (!keepsFormat) pixelBytes = asked[3]! / 8;
    } else if (type === 2) {
      const [, high, low] = await reader.read(3);
      await reader.read(4 * (high! << 8 | low!));
    } else if (type === 3) {
      await reader.read(9);
      const picture = [0, 0, 0, 1, 0, 0, 0, 0, 0, WIDTH, 0, HEIGHT, 0, 0, 0, 0];
      const pixels = Array<number>(WIDTH * HEIGHT * pixelBytes).fill(200);
      if (!hasPicture) await send(...before, ...picture, ...pixels);
      hasPicture = true;
    } else if (type === 4 || type === 5) await reader.read(type === 4 ? 7 : 5);
    else if (type === 6) await reader.read(7);
    else throw new Error(`The odd source does not read message type ${type}`);
  }
}
