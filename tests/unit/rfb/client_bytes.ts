/** Viewer-to-source messages as bytes, as RFC 6143 section 7.5 and rfbproto give them. */

export const u16 = (value: number): number[] => [value >>> 8 & 255, value & 255];
export const u32 = (value: number): number[] => [...u16(value >>> 16), ...u16(value & 0xffff)];

/** 32 bits, depth 24, little-endian, 8-8-8: what noVNC asks for. */
export const TRUE_COLOUR: readonly number[] = [32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 0, 8, 16, 0, 0, 0];
/** 16 bits, 5-6-5. */
export const HIGH_COLOUR: readonly number[] = [16, 16, 0, 1, 0, 31, 0, 63, 0, 31, 11, 5, 0, 0, 0, 0];
/** 32 bits with a depth of 32, on whose TPIXEL servers disagree. */
export const DEPTH_32: readonly number[] = [32, 32, 0, 1, 0, 255, 0, 255, 0, 255, 0, 8, 16, 0, 0, 0];

export const setPixelFormat = (format = TRUE_COLOUR): number[] => [0, 0, 0, 0, ...format];
export const setEncodings = (encodings: readonly number[]): number[] => [
  2,
  0,
  ...u16(encodings.length),
  ...encodings.flatMap(u32),
];
export const updateRequest = (incremental = 1): number[] => [3, incremental, 0, 0, 0, 0, 2, 128, 1, 224];
export const keyEvent = (key = 0x61, down = 1): number[] => [4, down, 0, 0, ...u32(key)];
export const pointerEvent = (mask = 1): number[] => [5, mask, 0, 10, 0, 20];
export const cutText = (text: readonly number[]): number[] => [6, 0, 0, 0, ...u32(text.length), ...text];
export const extendedCutText = (flags: number, data: readonly number[]): number[] => [
  6,
  0,
  0,
  0,
  ...u32(-(4 + data.length)),
  ...u32(flags),
  ...data,
];
export const continuousUpdates = (): number[] => [150, 1, 0, 0, 0, 0, 2, 128, 1, 224];
export const fence = (payload: readonly number[]): number[] => [248, 0, 0, 0, ...u32(3), payload.length, ...payload];
export const xvp = (): number[] => [250, 0, 1, 2];
export const setDesktopSize = (screens: number): number[] => [
  251,
  0,
  2,
  128,
  1,
  224,
  screens,
  0,
  ...Array<number>(16 * screens).fill(4),
];
export const gii = (payload: readonly number[], big = true): number[] => {
  const length = u16(payload.length);
  return [253, big ? 0x81 : 1, ...(big ? length : length.reverse()), ...payload];
};
export const qemuKey = (): number[] => [255, 0, 0, 1, ...u32(0x61), ...u32(0x1e)];
export const qemuAudio = (operation: 0 | 1 | 2): number[] => [
  255,
  1,
  ...u16(operation),
  ...(operation === 2 ? [0, 2, 0, 0, 172, 68] : []),
];

/** Flags of the extended clipboard: one format, text. */
export const CLIPBOARD = {
  caps: 1 << 24 | 1,
  request: 1 << 25 | 1,
  peek: 1 << 26,
  notify: 1 << 27 | 1,
  provide: 1 << 28 | 1,
} as const;
