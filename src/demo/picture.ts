import { type Canvas, CHAR_WIDTH } from "./canvas.ts";
import { GLYPH_HEIGHT } from "./font.ts";
import type { Layout } from "./layout.ts";
import type { Rect } from "./rect.ts";

/** The content of the picture. */
export interface Scene {
  readonly time: Date;
  /** Undefined where the lane is too small for it. */
  readonly box: Rect | undefined;
  readonly spot: { readonly x: number; readonly y: number; readonly pressed: boolean };
  readonly typed: string;
  readonly clipboard: string;
}

const COLOUR = {
  top: 0x0b1d33,
  bottom: 0x17606b,
  text: 0xf2f6f8,
  dim: 0x9fc0c9,
  panel: 0x0d2338,
  edge: 0x2f7f8c,
  brass: 0xd9a441,
  glass: 0x3fb8d6,
  shine: 0xc4eef8,
  spot: 0xff6f59,
  pressed: 0xffe066,
};
/** Colour bars from left to right, at three quarters of full brightness as on television test cards. */
const BARS = [0xc0c0c0, 0xc0c000, 0x00c0c0, 0x00c000, 0xc000c0, 0xc00000, 0x0000c0, 0x101010];
const RAMP_STEPS = 16;

/** Draws the whole scene; the canvas draws inside its clip only, so a part is cheap. */
export function paint(canvas: Canvas, layout: Layout, scene: Scene): void {
  canvas.shade(canvas.area, COLOUR.top, COLOUR.bottom);
  paintTitle(canvas, layout);
  paintClock(canvas, layout, scene.time);
  paintBars(canvas, layout);
  if (scene.box) paintBox(canvas, scene.box, layout.unit);
  paintPanel(canvas, layout.typed, layout.unit, "Typed here", scene.typed + "_");
  paintPanel(canvas, layout.clipboard, layout.unit, "Clipboard", scene.clipboard);
  const { width, height } = canvas.area;
  canvas.text(`${width} x ${height}`, layout.footer.x, layout.footer.y, layout.unit, COLOUR.dim);
  paintSpot(canvas, scene.spot, layout.unit);
}

/** The area that the spot covers. */
export function spotArea({ x, y }: Scene["spot"], unit: number): Rect {
  const radius = 6 * unit;
  return { x: x - radius, y: y - radius, width: 2 * radius + 1, height: 2 * radius + 1 };
}

function paintTitle(canvas: Canvas, { title, unit }: Layout): void {
  canvas.text("PORTHOLE", title.x, title.y, 3 * unit, COLOUR.text);
  const below = title.y + (3 * GLYPH_HEIGHT + 5) * unit;
  canvas.text("The built-in desktop: type, point, paste, resize", title.x, below, unit, COLOUR.dim);
}

function paintClock(canvas: Canvas, { clock, unit }: Layout, time: Date): void {
  const two = (value: number) => String(value).padStart(2, "0");
  const hours = [time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(":");
  canvas.text(hours, clock.x, clock.y, 3 * unit, COLOUR.text);
  const date = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join("-");
  const left = clock.x + clock.width - (date.length * CHAR_WIDTH + 2) * unit;
  canvas.text(date, left, clock.y + (3 * GLYPH_HEIGHT + 5) * unit, unit, COLOUR.dim);
}

function paintBars(canvas: Canvas, { bars, ramp }: Layout): void {
  BARS.forEach((colour, i) => canvas.fill(column(bars, i, BARS.length), colour));
  for (let step = 0; step < RAMP_STEPS; step++) {
    canvas.fill(column(ramp, step, RAMP_STEPS), Math.round(step * 255 / (RAMP_STEPS - 1)) * 0x010101);
  }
}

function column(area: Rect, index: number, count: number): Rect {
  const left = Math.round(area.width * index / count);
  return { ...area, x: area.x + left, width: Math.round(area.width * (index + 1) / count) - left };
}

function paintBox(canvas: Canvas, box: Rect, unit: number): void {
  const middle = Math.floor(box.width / 2);
  const x = box.x + middle;
  const y = box.y + middle;
  canvas.fill(box, COLOUR.panel);
  canvas.disc(x, y, middle - 2 * unit, COLOUR.brass);
  canvas.disc(x, y, middle - 7 * unit, COLOUR.top);
  canvas.disc(x, y, middle - 8 * unit, COLOUR.glass);
  canvas.disc(x - 5 * unit, y - 5 * unit, 3 * unit, COLOUR.shine);
}

function paintPanel(canvas: Canvas, area: Rect, unit: number, title: string, content: string): void {
  canvas.fill(area, COLOUR.edge);
  canvas.fill(inset(area, unit), COLOUR.panel);
  const left = area.x + 8 * unit;
  canvas.text(title, left, area.y + 8 * unit, unit, COLOUR.brass);
  const lineHeight = (GLYPH_HEIGHT + 4) * unit;
  const columns = Math.max(1, Math.floor((area.width - 16 * unit) / (CHAR_WIDTH * unit)));
  const rows = Math.max(1, Math.floor((area.height - 28 * unit) / lineHeight));
  lastLines(content, columns, rows).forEach((line, i) => {
    canvas.text(line, left, area.y + 22 * unit + i * lineHeight, unit, COLOUR.text);
  });
}

function inset({ x, y, width, height }: Rect, by: number): Rect {
  return { x: x + by, y: y + by, width: width - 2 * by, height: height - 2 * by };
}

/** The last lines of a text, wrapped; only as much of its end is wrapped as can be visible. */
function lastLines(content: string, columns: number, rows: number): string[] {
  const tail = [...content.slice(-2 * columns * rows)].join("");
  const lines = tail.split(/\r\n|\r|\n/).flatMap((line) => {
    const chars = [...line];
    const count = Math.max(1, Math.ceil(chars.length / columns));
    return Array.from({ length: count }, (_, i) => chars.slice(i * columns, (i + 1) * columns).join(""));
  });
  return lines.slice(-rows);
}

function paintSpot(canvas: Canvas, spot: Scene["spot"], unit: number): void {
  canvas.disc(spot.x, spot.y, 6 * unit, COLOUR.text);
  canvas.disc(spot.x, spot.y, 5 * unit, spot.pressed ? COLOUR.pressed : COLOUR.spot);
}
