/** When the page tells the gateway what it has: rarely enough to cost little, and at once where the gateway waits for it. */

/** So much is acknowledged at once. */
const MOST_BYTES = 64 * 1024;
/** So much is, if it took a while: the gateway lets little be on its way over a slow link. */
const SLOW_BYTES = 16 * 1024;
const SLOW_MS = 50;
/** What is less than that waits so long. */
const WAIT_MS = 250;
/** The data of one TCP segment over Ethernet. */
const SEGMENT_BYTES = 1460;

/** What an acknowledger works with. */
export interface AcknowledgerParts {
  /** The position up to which everything has come. */
  readonly getReceived: () => number;
  /** Counts the frames that the page has sent. */
  readonly getSends: () => number;
  readonly acknowledge: (received: number) => void;
  /**
   * Whether a frame that does not fill a segment is answered at once, by whatever the page sends. Without an answer the
   * page's system acknowledges it after 40 ms, and where the gateway leaves Nagle's algorithm on (RFC 1122 section
   * 4.2.3.4), as Deno does over TLS, the next such frame does not leave before.
   */
  readonly isQuick: boolean;
  readonly now: () => number;
  readonly startTimer: (run: () => void, afterMs: number) => () => void;
  /** Runs something after what has arrived by now. */
  readonly defer: (run: () => void) => void;
}

/** Acknowledges one session's frames. */
export class Acknowledger {
  readonly #parts: AcknowledgerParts;
  #acknowledged = 0;
  #atMs: number;
  #cancelTimer: (() => void) | undefined;
  /** Frames sent before the last small one came. */
  #sendsBefore = 0;
  #isDeferred = false;

  constructor(parts: AcknowledgerParts) {
    this.#parts = parts;
    this.#atMs = parts.now();
  }

  /** A frame has come and has been read; before that, the page had sent `sendsBefore` frames. */
  take(length: number, sendsBefore: number): void {
    const bytes = this.#parts.getReceived() - this.#acknowledged;
    if (bytes >= MOST_BYTES || (bytes >= SLOW_BYTES && this.#parts.now() - this.#atMs >= SLOW_MS)) return this.send();
    if (bytes > 0) this.#cancelTimer ??= this.#parts.startTimer(() => this.send(), WAIT_MS);
    if (this.#parts.isQuick && length < SEGMENT_BYTES) this.#answer(sendsBefore);
  }

  /** Acknowledges everything now. */
  send(): void {
    this.stop();
    this.#atMs = this.#parts.now();
    this.#acknowledged = this.#parts.getReceived();
    this.#parts.acknowledge(this.#acknowledged);
  }

  /** Acknowledges nothing until a further frame comes. */
  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  /** Frames that came together get one answer. */
  #answer(sendsBefore: number): void {
    this.#sendsBefore = sendsBefore;
    if (this.#isDeferred) return;
    this.#isDeferred = true;
    this.#parts.defer(() => {
      this.#isDeferred = false;
      if (this.#parts.getSends() === this.#sendsBefore) this.send();
    });
  }
}
