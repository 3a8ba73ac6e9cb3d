/** How much may be on its way to a page that acknowledges: what its link carries in a moment, so that nothing gets old. */

const KIB = 1024;
const LEAST_BYTES = 64 * KIB;
const MOST_BYTES = 4 * 1024 * KIB;
const FIRST_BYTES = 128 * KIB;
/** The window holds what the link carries in this time: enough for a page that is busy for a moment. */
const WINDOW_MS = 500;
/** On a link with a long round trip, it holds this much more than what is on its way anyway. */
const QUEUE_MS = 100;
/**
 * With frames on their way, a rate is measured over at least this time, since acknowledgements come in lumps. From a
 * moment at which nothing was on its way, any time will do: everything acknowledged since was carried since.
 */
const MEASURE_MS = 100;
/** Of so many rates the highest counts: one is low when the page was busy. */
const RATES = 4;

interface Mark {
  readonly position: number;
  readonly ms: number;
}

/**
 * Measures one link by the acknowledgements of its page, and says how much may be unacknowledged. A rate counts as one of
 * the link if the window was full meanwhile, or if it is higher than known. A round trip is never forgotten: while the
 * window is full, each one contains the queue of the window itself.
 */
export class AckWindow {
  /** Most bytes that may be unacknowledged. */
  bytes = FIRST_BYTES;
  #rates: readonly number[] = [];
  #measuredFrom: Mark & { readonly wasIdle: boolean };
  #probe: Mark | undefined;
  #roundTripMs: number | undefined;
  #wasFull = false;

  /** @param position what the page has acknowledged when the link begins */
  constructor(position: number, nowMs: number) {
    this.#measuredFrom = { position, ms: nowMs, wasIdle: true };
  }

  /** The window is full: now the link is what limits. */
  noteFull(): void {
    this.#wasFull = true;
  }

  /** Everything up to `sent` was sent, of which nothing was on its way before if `wasIdle`. */
  noteSent(sent: number, { bytes, wasIdle }: { bytes: number; wasIdle: boolean }, nowMs: number): void {
    this.#probe ??= { position: sent, ms: nowMs };
    if (wasIdle) this.#measureFrom({ position: sent - bytes, ms: nowMs, wasIdle });
  }

  /** The page has everything up to this position. */
  noteAcknowledged(position: number, nowMs: number): void {
    if (this.#probe && position >= this.#probe.position) {
      this.#roundTripMs = Math.min(this.#roundTripMs ?? Infinity, nowMs - this.#probe.ms);
      this.#probe = undefined;
    }
    const { position: from, ms, wasIdle } = this.#measuredFrom;
    const rate = (position - from) / Math.max(1, nowMs - ms);
    const isLong = nowMs - ms >= MEASURE_MS;
    if ((isLong || wasIdle) && rate > Math.max(0, ...this.#rates) || isLong && this.#wasFull) this.#takeRate(rate);
    if (isLong) this.#measureFrom({ position, ms: nowMs, wasIdle: false });
  }

  #measureFrom(mark: Mark & { readonly wasIdle: boolean }): void {
    this.#measuredFrom = mark;
    this.#wasFull = false;
  }

  #takeRate(bytesPerMs: number): void {
    this.#rates = [bytesPerMs, ...this.#rates].slice(0, RATES);
    const wanted = Math.max(...this.#rates) * Math.max(WINDOW_MS, (this.#roundTripMs ?? 0) + QUEUE_MS);
    this.bytes = Math.round(Math.min(MOST_BYTES, Math.max(LEAST_BYTES, wanted)));
  }
}
