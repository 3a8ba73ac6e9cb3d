/**
 * Source-to-viewer messages as bytes, as RFC 6143 sections 7.6 and 7.7 and rfbproto give them: what is written here is
 * the model that the framer is compared with. Picture data is noise; only its length counts.
 */
import { u16, u32 } from "./client_bytes.ts";

/** Sizes of pixels in the stream. */
export interface Pixels {
  readonly bytes: number;
  readonly tightBytes: number;
}

/** One rectangle: its encoding, and all of its bytes. */
export interface Rectangle {
  readonly encoding: number;
  readonly bytes: readonly number[];
}

/** Pseudo-random bytes from a seed. */
export function noise(length: number, seed = length): number[] {
  return Array.from({ length }, (_, at) => (seed + at * 37 + (at >> 3) * 11) & 255);
}

export function rectangle(encoding: number, width: number, height: number, payload: readonly number[]): Rectangle {
  return { encoding, bytes: [0, 1, 0, 2, ...u16(width), ...u16(height), ...u32(encoding), ...payload] };
}

export function update(rectangles: readonly Rectangle[], count = rectangles.length): number[] {
  return [0, 0, ...u16(count), ...rectangles.flatMap(({ bytes }) => bytes)];
}

export const bell = (): number[] => [2];
export const endOfContinuousUpdates = (): number[] => [150];
export const xvp = (): number[] => [250, 0, 1, 1];
export const colours = (count: number): number[] => [1, 0, 0, 0, ...u16(count), ...noise(6 * count)];
export const cutText = (text: readonly number[]): number[] => [3, 0, 0, 0, ...u32(text.length), ...text];
export const extendedCutText = (flags: number, data: readonly number[]): number[] => [
  3,
  0,
  0,
  0,
  ...u32(-(4 + data.length)),
  ...u32(flags),
  ...data,
];
export const fence = (payload: readonly number[]): number[] => [
  248,
  0,
  0,
  0,
  ...u32(0x80000003),
  payload.length,
  ...payload,
];
export const audio = (operation: 0 | 1 | 2, sound: readonly number[] = []): number[] => [
  255,
  1,
  ...u16(operation),
  ...(operation === 2 ? [...u32(sound.length), ...sound] : []),
];

/** Data preceded by its length. */
export const counted = (length: number): number[] => [...u32(length), ...noise(length)];

export const rre = (pixels: Pixels, count: number, placeBytes: number): number[] => [
  ...u32(count),
  ...noise(pixels.bytes + count * (pixels.bytes + placeBytes)),
];

/** Tiles whose masks are taken from the list in turn. */
export function hextile(pixels: Pixels, width: number, height: number, masks: readonly number[]): number[] {
  const bytes: number[] = [];
  let turn = 0;
  for (let y = 0; y < height; y += 16) {
    for (let x = 0; x < width; x += 16, turn++) {
      const mask = masks[turn % masks.length]!;
      bytes.push(mask);
      if (mask & 1) {
        bytes.push(...noise(Math.min(16, width - x) * Math.min(16, height - y) * pixels.bytes));
        continue;
      }
      if (mask & 2) bytes.push(...noise(pixels.bytes));
      if (mask & 4) bytes.push(...noise(pixels.bytes));
      if (!(mask & 8)) continue;
      const count = turn * 5 % 256;
      bytes.push(count, ...noise(count * (mask & 16 ? 2 + pixels.bytes : 2)));
    }
  }
  return bytes;
}

/** A compact length and that much data. */
export function compact(length: number): number[] {
  if (length < 0x80) return [length, ...noise(length)];
  if (length < 0x4000) return [length & 127 | 128, length >> 7, ...noise(length)];
  return [length & 127 | 128, length >> 7 & 127 | 128, length >> 14, ...noise(length)];
}

/** How a Tight rectangle is compressed. */
export type TightKind =
  | { readonly kind: "fill" | "copy" | "explicitCopy" | "gradient"; readonly deflated: number }
  | { readonly kind: "picture"; readonly deflated: number }
  | { readonly kind: "palette"; readonly deflated: number; readonly colours: number };

export function tight(pixels: Pixels, width: number, height: number, how: TightKind, isPng = false): number[] {
  const data = (plain: number) => plain < 12 ? noise(plain) : compact(how.deflated);
  const all = width * height * pixels.tightBytes;
  switch (how.kind) {
    case "fill":
      return [0x80, ...noise(pixels.tightBytes)];
    case "picture":
      return [isPng ? 0xa0 : 0x90, ...compact(how.deflated)];
    case "copy":
      return [0x10, ...data(all)];
    case "explicitCopy":
      return [0x5f, 0, ...data(all)];
    case "gradient":
      return [0x40, 2, ...data(all)];
    case "palette": {
      const row = how.colours <= 2 ? Math.floor((width + 7) / 8) : width;
      return [0x60, 1, how.colours - 1, ...noise(how.colours * pixels.tightBytes), ...data(row * height)];
    }
  }
}
