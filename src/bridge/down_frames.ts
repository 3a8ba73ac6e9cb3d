/** Back-pressure down for a page that acknowledges: the frames that it may not have yet. */
import { PortholeError } from "../errors.ts";
import { type Frame, SentFrames } from "../side_channel/sent_frames.ts";
import { AckWindow } from "./ack_window.ts";
import type { Unacknowledged } from "./unacknowledged.ts";

/** Counted for each frame in addition to its length, so that many small frames fill the window too. */
const FRAME_OVERHEAD_BYTES = 200;
/** With less room than this part of the window there is none, or the last bytes of it would leave one by one. */
const LEAST_ROOM = 1 / 16;
/** `explainStall()` is called far more often. A longer gap means that the gateway itself stood still, or had no link. */
const GAP_MS = 10_000;

interface DownFramesOptions {
  /** A viewer that acknowledges nothing for this long, while the window is full, has stalled. */
  readonly stallMs: number;
  /** What all viewers share. */
  readonly share: Unacknowledged;
  readonly now: () => number;
}

/** Keeps what was sent until it is acknowledged, and says when there is too much. */
export class DownFrames {
  readonly #options: DownFramesOptions;
  readonly #sent = new SentFrames();
  #window: AckWindow;
  /** What these frames take of the share. */
  #cost = 0;
  #waiting: { readonly downToBytes: number | undefined; readonly done: () => void }[] = [];
  #stuck = { position: 0, sinceMs: 0, lookedMs: 0 };

  constructor(options: DownFramesOptions) {
    this.#options = options;
    this.#window = new AckWindow(0, options.now());
  }

  /** How many bytes more may be sent. Without anything on its way, always one more: nothing would say when. */
  get roomBytes(): number {
    const mostBytes = Math.min(this.#window.bytes, this.#options.share.shareBytes);
    const roomBytes = Math.floor(mostBytes - this.#cost);
    if (this.#sent.pending === 0) return Math.max(1, roomBytes);
    return roomBytes < mostBytes * LEAST_ROOM ? 0 : roomBytes;
  }

  /** The frames that are not acknowledged, oldest first. */
  list(): readonly Frame[] {
    return this.#sent.list();
  }

  /** Adds a frame that was sent; its bytes must not change any more. */
  push(frame: Frame): void {
    const wasIdle = this.#sent.pending === 0;
    this.#sent.push(frame);
    this.#window.noteSent(this.#sent.sent, { bytes: frame.length, wasIdle }, this.#options.now());
    this.#count();
  }

  /** Lets go of what the page has; false, without a change, if it cannot have that. */
  acknowledge(position: number): boolean {
    if (!this.#sent.acknowledge(position)) return false;
    this.#window.noteAcknowledged(position, this.#options.now());
    this.#count();
    this.#wake();
    return true;
  }

  /** The viewer has another link, of which nothing is known yet. */
  beginLink(): void {
    const nowMs = this.#options.now();
    this.#window = new AckWindow(this.#sent.acknowledged, nowMs);
    this.#stuck = { position: this.#sent.acknowledged, sinceMs: nowMs, lookedMs: nowMs };
  }

  /** Waits until at most `downToBytes` are unacknowledged, or without a number until there is room, or the end. */
  drain(downToBytes?: number): Promise<void> {
    this.#window.noteFull();
    return new Promise((done) => {
      this.#waiting.push({ downToBytes, done });
      this.#wake();
    });
  }

  /** Explains a stall: the window is full, and the viewer has acknowledged nothing for the stall limit. */
  explainStall(): PortholeError | undefined {
    const { now, stallMs } = this.#options;
    const nowMs = now();
    const { position, sinceMs, lookedMs } = this.#stuck;
    const isStuck = this.roomBytes === 0 && position === this.#sent.acknowledged && nowMs - lookedMs <= GAP_MS;
    this.#stuck = { position: this.#sent.acknowledged, sinceMs: isStuck ? sinceMs : nowMs, lookedMs: nowMs };
    if (!isStuck || nowMs - sinceMs <= stallMs) return undefined;
    return new PortholeError("viewer_stalled", `The viewer read nothing for ${stallMs / 1000} s`);
  }

  /** Forgets everything: nobody will acknowledge it. */
  end(): void {
    this.#sent.clear();
    this.#count();
    this.#wake();
  }

  #count(): void {
    const cost = this.#sent.pending + this.#sent.count * FRAME_OVERHEAD_BYTES;
    this.#options.share.change(cost - this.#cost);
    this.#cost = cost;
  }

  #wake(): void {
    if (this.#waiting.length === 0) return;
    const isEnough = (downToBytes?: number) =>
      downToBytes === undefined ? this.roomBytes > 0 : this.#sent.pending <= downToBytes;
    const over = this.#waiting.filter(({ downToBytes }) => isEnough(downToBytes));
    this.#waiting = this.#waiting.filter(({ downToBytes }) => !isEnough(downToBytes));
    for (const { done } of over) done();
  }
}
