import { bound, contains, intersect, type Rect, subtract } from "./rect.ts";

/** With more rectangles than this, their bounding rectangle is sent instead. */
const MAX_RECTANGLES = 16;

/** A CopyRect (RFC 6143 section 7.7.2): the picture at `from` appears at `to`. */
export interface Copy {
  readonly from: Rect;
  readonly to: Rect;
}

/** The changes that one viewer has not received: at most one copy, then rectangles of changed pixels. */
export class PendingUpdate {
  #copy: Copy | undefined;
  #damage: Rect[] = [];

  /** Adds changed pixels. */
  add(rect: Rect): void {
    if (this.#damage.some((known) => contains(known, rect))) return;
    this.#damage = [...this.#damage.filter((known) => !contains(rect, known)), rect];
    if (this.#damage.length > MAX_RECTANGLES) this.#damage = [this.#damage.reduce(bound)];
  }

  /**
   * Adds a move, as a copy while the viewer has the pixels at `from`. The caller adds the part that the move uncovers,
   * so that two moves in a row become one.
   */
  move(from: Rect, to: Rect): void {
    const stale = this.#damage.some((rect) => intersect(rect, from));
    const follows = this.#copy && contains(this.#copy.to, from) && contains(from, this.#copy.to);
    if (stale || (this.#copy && !follows)) return this.add(to);
    this.#copy = { from: this.#copy?.from ?? from, to };
  }

  /** Replaces the copy with the pixels of its target. */
  dropCopy(): void {
    const copy = this.#copy;
    this.#copy = undefined;
    if (copy) this.add(copy.to);
  }

  /** Whether there are changes inside the area. */
  touches(area: Rect): boolean {
    const targets = this.#copy ? [this.#copy.to, ...this.#damage] : this.#damage;
    return targets.some((rect) => intersect(rect, area));
  }

  /** Removes and returns the changes inside the area; keeps the rest. */
  take(area: Rect): { copy: Copy | undefined; damage: Rect[] } {
    if (this.#copy && !(contains(area, this.#copy.from) && contains(area, this.#copy.to))) this.dropCopy();
    const copy = this.#copy;
    const damage = this.#damage.flatMap((rect) => intersect(rect, area) ?? []);
    this.#damage = this.#damage.flatMap((rect) => subtract(rect, area));
    this.#copy = undefined;
    return { copy, damage };
  }

  /** Forgets all changes; the caller adds the whole picture next. */
  clear(): void {
    this.#copy = undefined;
    this.#damage = [];
  }
}
