/** Numbers of encodings and pseudo-encodings, signed 32-bit, by their names in RFC 6143 section 7.7 and rfbproto. */
export const ENCODING = {
  raw: 0,
  copyRect: 1,
  rre: 2,
  coRre: 4,
  hextile: 5,
  zlib: 6,
  tight: 7,
  zrle: 16,
  h264: 50,
  desktopSize: -223,
  lastRect: -224,
  pointerPos: -232,
  cursor: -239,
  xCursor: -240,
  qemuPointerMotion: -257,
  qemuKeyEvent: -258,
  qemuAudio: -259,
  tightPng: -260,
  qemuLed: -261,
  gii: -305,
  desktopName: -307,
  extendedDesktopSize: -308,
  xvp: -309,
  fence: -312,
  continuousUpdates: -313,
  cursorWithAlpha: -314,
  extendedMouseButtons: -316,
  vmwareCursor: 0x574d5664,
  vmwareLed: 0x574d5668,
  extendedClipboard: 0xc0a1e5ce | 0,
} as const;

/** An encoding for a sentence: "-305 (gii)". */
export function nameEncoding(encoding: number): string {
  const name = Object.entries(ENCODING).find(([, number]) => number === encoding)?.[0];
  return name === undefined ? `${encoding}` : `${encoding} (${name})`;
}

/** Whether the encoding is a level of quality, compression or subsampling; servers send no rectangle for one. */
export function isLevel(encoding: number): boolean {
  return (encoding >= -32 && encoding <= -23) || (encoding >= -256 && encoding <= -247) ||
    (encoding >= -512 && encoding <= -412) || (encoding >= -768 && encoding <= -763);
}
