import type { Rect } from "./rect.ts";

/** A viewer as the desktop sees it. The desktop calls it at each change and does not wait. */
export interface DesktopViewer {
  /** These pixels changed. */
  damaged(area: Rect): void;
  /** The picture at `from` is now at `to`; the uncovered part follows as damage. */
  moved(from: Rect, to: Rect): void;
  /** The desktop has a new size; all its pixels are new. */
  resized(): void;
  /** The desktop's clipboard holds this text. */
  cut(text: string): void;
}

/** The desktop behind the RFB server: its pixels, and the receiver of keys, pointer and cut text. */
export interface Desktop {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  /** A copy of these pixels, row by row, as 0x00RRGGBB; black outside the desktop. */
  readPixels(area: Rect): Uint32Array;
  /** Adds a viewer; the returned function removes it. */
  join(viewer: DesktopViewer): () => void;
  /** A key went down or up (X11 keysym). */
  key(down: boolean, keysym: number): void;
  /** The pointer is at `x`, `y` with these buttons pressed: bit 0 is the left one. */
  pointer(x: number, y: number, buttons: number): void;
  /** A viewer's clipboard holds this text. */
  cut(text: string): void;
  /** Changes the size, in pixels; false when the desktop refuses it. */
  resize(width: number, height: number): boolean;
}
