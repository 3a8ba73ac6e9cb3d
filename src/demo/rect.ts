/** A rectangle in pixels; width and height are never negative. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The intersection of both rectangles, or undefined when it is empty. */
export function intersect(a: Rect, b: Rect): Rect | undefined {
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  const width = Math.min(a.x + a.width, b.x + b.width) - x;
  const height = Math.min(a.y + a.height, b.y + b.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : undefined;
}

/** The part of `a` outside `b`: at most four rectangles that do not overlap. */
export function subtract(a: Rect, b: Rect): Rect[] {
  const hole = intersect(a, b);
  if (!hole) return [a];
  const right = a.x + a.width - (hole.x + hole.width);
  const below = a.y + a.height - (hole.y + hole.height);
  return [
    { x: a.x, y: a.y, width: a.width, height: hole.y - a.y },
    { x: a.x, y: hole.y, width: hole.x - a.x, height: hole.height },
    { x: hole.x + hole.width, y: hole.y, width: right, height: hole.height },
    { x: a.x, y: hole.y + hole.height, width: a.width, height: below },
  ].filter((part) => part.width > 0 && part.height > 0);
}

/** The smallest rectangle that contains both. */
export function bound(a: Rect, b: Rect): Rect {
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  const right = Math.max(a.x + a.width, b.x + b.width);
  const bottom = Math.max(a.y + a.height, b.y + b.height);
  return { x, y, width: right - x, height: bottom - y };
}

/** Whether `outer` contains `inner`. */
export function contains(outer: Rect, inner: Rect): boolean {
  return inner.x >= outer.x && inner.y >= outer.y && inner.x + inner.width <= outer.x + outer.width &&
    inner.y + inner.height <= outer.y + outer.height;
}

/** Cuts the rectangle into bands of whole rows of at most `maxPixels` each, or of one row where that is longer. */
export function cutIntoBands(rect: Rect, maxPixels: number): Rect[] {
  const rows = Math.max(1, Math.floor(maxPixels / rect.width));
  const bands: Rect[] = [];
  for (let top = 0; top < rect.height; top += rows) {
    bands.push({ ...rect, y: rect.y + top, height: Math.min(rows, rect.height - top) });
  }
  return bands;
}
