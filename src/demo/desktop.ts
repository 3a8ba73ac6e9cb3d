import type { Rect } from "./rect.ts";

/** A viewer as the desktop sees it: told what changed, at once and without waiting. */
export interface DesktopViewer {
  /** These pixels changed. */
  damaged(area: Rect): void;
  /** The picture at `from` now stands at `to`; what that uncovered is told as damage. */
  moved(from: Rect, to: Rect): void;
  /** The desktop has a new size; all its pixels are new. */
  resized(): void;
  /** The desktop's clipboard holds this text. */
  cut(text: string): void;
}

/** What the RFB server shows and steers: pixels, and where keys, pointer and cut text go. */
export interface Desktop {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** A copy of these pixels, row by row, as 0x00RRGGBB; black outside the desktop. */
  readPixels(area: Rect): Uint32Array;
  /** Adds a viewer; the returned function takes it out again. */
  join(viewer: DesktopViewer): () => void;
  /** A key went down or up (X11 keysym). */
  key(down: boolean, keysym: number): void;
  /** The pointer is here with these buttons held: bit 0 is the left one. */
  pointer(x: number, y: number, buttons: number): void;
  /** A viewer's clipboard holds this text. */
  cut(text: string): void;
  /** A new size in pixels; false when it is refused. */
  resize(width: number, height: number): boolean;
}
