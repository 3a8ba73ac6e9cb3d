import { GLYPH_HEIGHT, GLYPH_WIDTH, hasPixel } from "./font.ts";
import { intersect, type Rect } from "./rect.ts";

/** Distance from one character to the next, in glyph pixels. */
export const CHAR_WIDTH = GLYPH_WIDTH + 1;

/** A picture of 0x00RRGGBB pixels to draw on; drawing changes no pixel outside `clip`. */
export class Canvas {
  readonly area: Rect;
  readonly #pixels: Uint32Array;
  #clip: Rect;

  constructor(width: number, height: number) {
    this.area = { x: 0, y: 0, width, height };
    this.#pixels = new Uint32Array(width * height);
    this.#clip = this.area;
  }

  /** The area in which drawing may change pixels. */
  set clip(area: Rect) {
    this.#clip = intersect(area, this.area) ?? { x: 0, y: 0, width: 0, height: 0 };
  }

  /** Fills an area with one colour. */
  fill(area: Rect, colour: number): void {
    const part = intersect(area, this.#clip);
    if (!part) return;
    for (let y = part.y; y < part.y + part.height; y++) {
      const row = y * this.area.width;
      this.#pixels.fill(colour, row + part.x, row + part.x + part.width);
    }
  }

  /** Fills an area with a gradient from top to bottom. */
  shade(area: Rect, top: number, bottom: number): void {
    const part = intersect(area, this.#clip);
    if (!part) return;
    for (let y = part.y; y < part.y + part.height; y++) {
      this.fill({ ...part, y, height: 1 }, mix(top, bottom, (y - area.y) / area.height));
    }
  }

  /** Draws a disc around a point. */
  disc(x: number, y: number, radius: number, colour: number): void {
    for (let dy = -radius; dy <= radius; dy++) {
      const half = Math.floor(Math.sqrt((radius + 0.5) ** 2 - dy * dy));
      this.fill({ x: x - half, y: y + dy, width: 2 * half + 1, height: 1 }, colour);
    }
  }

  /** Draws one line of text, each glyph pixel `scale` pixels wide and high. */
  text(text: string, x: number, y: number, scale: number, colour: number): void {
    [...text].forEach((char, i) => {
      const cell = { x: x + i * CHAR_WIDTH * scale, y, width: GLYPH_WIDTH * scale, height: GLYPH_HEIGHT * scale };
      if (intersect(cell, this.#clip)) this.#glyph(char, cell, scale, colour);
    });
  }

  /** A copy of the pixels, row by row; black outside the picture. */
  read(area: Rect): Uint32Array {
    const copy = new Uint32Array(area.width * area.height);
    const part = intersect(area, this.area);
    if (!part) return copy;
    for (let y = part.y; y < part.y + part.height; y++) {
      const from = y * this.area.width + part.x;
      const row = this.#pixels.subarray(from, from + part.width);
      copy.set(row, (y - area.y) * area.width + part.x - area.x);
    }
    return copy;
  }

  #glyph(char: string, cell: Rect, scale: number, colour: number): void {
    for (let y = 0; y < GLYPH_HEIGHT; y++) {
      for (let x = 0; x < GLYPH_WIDTH; x++) {
        if (!hasPixel(char, x, y)) continue;
        this.fill({ x: cell.x + x * scale, y: cell.y + y * scale, width: scale, height: scale }, colour);
      }
    }
  }
}

function mix(from: number, to: number, share: number): number {
  const channel = (shift: number) => {
    const start = (from >> shift) & 255;
    return Math.round(start + (((to >> shift) & 255) - start) * share) << shift;
  };
  return channel(16) | channel(8) | channel(0);
}
