import { Canvas } from "./canvas.ts";
import type { Desktop, DesktopViewer } from "./desktop.ts";
import { type Layout, layOut } from "./layout.ts";
import { paint, type Scene, spotArea } from "./picture.ts";
import { bound, contains, intersect, type Rect, subtract } from "./rect.ts";

/** Options of the built-in desktop. */
export interface DemoDesktopOptions {
  readonly name?: string;
  /** Pixels. */
  readonly width?: number;
  /** Pixels. */
  readonly height?: number;
  /** Milliseconds between two steps of the picture; 0 stops it. */
  readonly tickMs?: number;
  readonly now?: () => Date;
}

/** Maximum number of pixels: 64 MiB of picture. */
const MAX_PIXELS = 16 * 1024 * 1024;
const MAX_TYPED_CHARS = 2000;
const BACKSPACE = 0xff08;
const ENTERS: readonly number[] = [0xff0d, 0xff8d];

/** The built-in desktop: a moving test picture, shared by all viewers, of what they type, point at and paste. */
export class DemoDesktop implements Desktop {
  readonly name: string;
  readonly #tickMs: number;
  readonly #now: () => Date;
  readonly #viewers = new Set<DesktopViewer>();
  #canvas!: Canvas;
  #layout!: Layout;
  #box: Rect | undefined;
  #velocity = { x: 4, y: 3 };
  #spot = { x: 0, y: 0, pressed: false };
  #typed = "";
  #clipboard = "";
  #time: Date;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: DemoDesktopOptions = {}) {
    const { name = "Porthole demo", width = 1024, height = 768, tickMs = 100, now = () => new Date() } = options;
    this.name = name;
    this.#tickMs = tickMs;
    this.#now = now;
    this.#time = now();
    this.#setSize(width, height);
    this.#spot = {
      x: Math.floor(width / 2),
      y: this.#layout.lane.y + Math.floor(this.#layout.lane.height / 2),
      pressed: false,
    };
    this.#repaint(this.#canvas.area);
  }

  get width(): number {
    return this.#canvas.area.width;
  }

  get height(): number {
    return this.#canvas.area.height;
  }

  readPixels(area: Rect): Uint32Array {
    return this.#canvas.read(area);
  }

  /** Adds a viewer. The picture moves only while there is one. */
  join(viewer: DesktopViewer): () => void {
    this.#viewers.add(viewer);
    if (this.#viewers.size === 1 && this.#tickMs > 0) this.#timer = setInterval(() => this.step(), this.#tickMs);
    return () => {
      this.#viewers.delete(viewer);
      if (this.#viewers.size === 0) clearInterval(this.#timer);
    };
  }

  key(down: boolean, keysym: number): void {
    if (!down) return;
    const chars = [...this.#typed];
    if (keysym === BACKSPACE) this.#typed = chars.slice(0, -1).join("");
    else this.#typed = [...chars, keysymToText(keysym)].slice(-MAX_TYPED_CHARS).join("");
    this.#change(this.#layout.typed);
  }

  pointer(x: number, y: number, buttons: number): void {
    const before = spotArea(this.#spot, this.#layout.unit);
    this.#spot = { x: Math.min(x, this.width - 1), y: Math.min(y, this.height - 1), pressed: buttons !== 0 };
    this.#change(before);
    this.#change(spotArea(this.#spot, this.#layout.unit));
  }

  cut(text: string): void {
    this.#clipboard = text;
    this.#change(this.#layout.clipboard);
    for (const viewer of this.#viewers) viewer.cut(text);
  }

  resize(width: number, height: number): boolean {
    if (width < 1 || height < 1 || width * height > MAX_PIXELS) return false;
    if (width === this.width && height === this.height) return true;
    this.#setSize(width, height);
    this.#repaint(this.#canvas.area);
    for (const viewer of this.#viewers) viewer.resized();
    return true;
  }

  /** One step of the picture: the box moves, and the clock shows the second. */
  step(): void {
    this.#moveBox();
    const time = this.#now();
    if (Math.floor(time.getTime() / 1000) === Math.floor(this.#time.getTime() / 1000)) return;
    this.#time = time;
    this.#change(this.#layout.clock);
  }

  #setSize(width: number, height: number): void {
    this.#canvas = new Canvas(width, height);
    this.#layout = layOut(width, height);
    const { lane, boxSide } = this.#layout;
    const box = { x: lane.x, y: lane.y, width: boxSide, height: boxSide };
    this.#box = contains(lane, box) ? box : undefined;
  }

  #moveBox(): void {
    const from = this.#box;
    if (!from) return;
    const { lane, unit } = this.#layout;
    this.#velocity.x = bounce(from.x, this.#velocity.x, unit, lane.x, lane.x + lane.width - from.width);
    this.#velocity.y = bounce(from.y, this.#velocity.y, unit, lane.y, lane.y + lane.height - from.height);
    const to = { ...from, x: from.x + this.#velocity.x * unit, y: from.y + this.#velocity.y * unit };
    this.#box = contains(lane, to) ? to : { ...from, x: lane.x, y: lane.y };
    this.#showMove(from, this.#box);
  }

  /** Shows the box at its new place: as a move, unless the spot covers a part of it, which a copy would move too. */
  #showMove(from: Rect, to: Rect): void {
    const spot = spotArea(this.#spot, this.#layout.unit);
    if (intersect(spot, bound(from, to))) {
      this.#change(bound(from, to));
      return;
    }
    this.#repaint(bound(from, to));
    for (const viewer of this.#viewers) {
      viewer.moved(from, to);
      for (const uncovered of subtract(from, to)) viewer.damaged(uncovered);
    }
  }

  #change(area: Rect): void {
    const visible = intersect(area, this.#canvas.area);
    if (!visible) return;
    this.#repaint(visible);
    for (const viewer of this.#viewers) viewer.damaged(visible);
  }

  #repaint(area: Rect): void {
    const scene: Scene = {
      time: this.#time,
      box: this.#box,
      spot: this.#spot,
      typed: this.#typed,
      clipboard: this.#clipboard,
    };
    this.#canvas.clip = area;
    paint(this.#canvas, this.#layout, scene);
  }
}

function bounce(at: number, velocity: number, unit: number, low: number, high: number): number {
  const next = at + velocity * unit;
  return next < low || next > high ? -velocity : velocity;
}

/** The text of a keysym: up to 0xFF it is Latin-1, from 0x01000100 Unicode (X11 protocol, appendix A); else empty. */
function keysymToText(keysym: number): string {
  if (ENTERS.includes(keysym)) return "\n";
  if ((keysym >= 0x20 && keysym <= 0x7e) || (keysym >= 0xa0 && keysym <= 0xff)) return String.fromCharCode(keysym);
  const unicode = keysym - 0x0100_0000;
  return unicode >= 0x100 && unicode <= 0x10_ffff ? String.fromCodePoint(unicode) : "";
}
