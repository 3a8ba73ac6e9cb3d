import { CHAR_WIDTH } from "./canvas.ts";
import { GLYPH_HEIGHT } from "./font.ts";
import type { Rect } from "./rect.ts";

/** Places of the parts of the test picture for one size of the desktop, in pixels. */
export interface Layout {
  /** Unit of all lengths, and scale of small text. */
  readonly unit: number;
  readonly title: Rect;
  readonly clock: Rect;
  readonly bars: Rect;
  readonly ramp: Rect;
  /** Area in which the box bounces; only the spot is drawn over it. */
  readonly lane: Rect;
  readonly typed: Rect;
  readonly clipboard: Rect;
  readonly footer: Rect;
  /** Width and height of the box. */
  readonly boxSide: number;
}

/** Lays the picture out. The design is 512 by 384 units; a smaller desktop cuts it off. */
export function layOut(width: number, height: number): Layout {
  const unit = Math.max(1, Math.floor(Math.min(width / 512, height / 384)));
  const margin = 12 * unit;
  const inner = Math.max(1, width - 2 * margin);
  const wordWidth = 8 * CHAR_WIDTH * 3 * unit;
  const headHeight = 3 * GLYPH_HEIGHT * unit + 12 * unit;
  const barsHeight = Math.max(1, Math.round(height * 0.2));
  const footer = { x: margin, y: height - 18 * unit, width: inner, height: GLYPH_HEIGHT * unit };
  const panelHeight = 108 * unit;
  const panel = {
    y: footer.y - 10 * unit - panelHeight,
    width: Math.max(1, Math.floor((inner - margin) / 2)),
    height: panelHeight,
  };
  const bars = { x: margin, y: 56 * unit, width: inner, height: barsHeight };
  const ramp = { x: margin, y: bars.y + barsHeight, width: inner, height: 12 * unit };
  const laneTop = ramp.y + ramp.height + 10 * unit;
  return {
    unit,
    title: { x: margin, y: margin, width: Math.max(1, inner - wordWidth - margin), height: headHeight },
    clock: { x: width - margin - wordWidth, y: margin, width: wordWidth, height: headHeight },
    bars,
    ramp,
    lane: { x: margin, y: laneTop, width: inner, height: Math.max(0, panel.y - 10 * unit - laneTop) },
    typed: { x: margin, ...panel },
    clipboard: { x: width - margin - panel.width, ...panel },
    footer,
    boxSide: 48 * unit,
  };
}
