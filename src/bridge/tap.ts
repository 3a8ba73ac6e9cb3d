/** Read-only taps: copies of a session's bytes, for what must never hold up the session itself. */

/** Bytes that may wait for a reader, when the tap does not say otherwise. */
const DEFAULT_CAP_BYTES = 4 * 1024 * 1024;
/** What a chunk takes besides its bytes, so that many small chunks fill the queue, too. */
const CHUNK_OVERHEAD_BYTES = 256;

/** "down" is from the source to the viewer, "up" from the viewer to the source. */
export type Direction = "down" | "up";

/** A copy of bytes that passed; it belongs to the reader. */
export interface TappedChunk {
  readonly direction: Direction;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** When they passed, in milliseconds on the taps' clock, which never goes back. */
  readonly atMs: number;
}

/** What a tap asks for. */
export interface TapOptions {
  /** Bytes that may wait for the reader, 256 added for each chunk; 4 MiB when left out. */
  readonly capBytes?: number;
}

/**
 * Why a tap ended before its session: "fell_behind" when more waited than its cap allows; "login_not_followed" when the
 * viewer's login failed, or went a way on which nobody can say where its secrets end.
 */
export type TapFailureReason = "fell_behind" | "login_not_followed";

/** Thrown into the loop of a reader that does not get all bytes. */
export class TapFailure extends Error {
  override readonly name = "TapFailure";

  constructor(readonly reason: TapFailureReason) {
    super(SENTENCES[reason]);
  }
}

const SENTENCES: Record<TapFailureReason, string> = {
  fell_behind: "The tap fell behind: more bytes waited for its reader than its cap allows",
  login_not_followed: "The tap cannot begin: the gateway cannot tell where the viewer's login ends",
};

/**
 * A copy of a session's bytes, in the order in which they passed, for one reader:
 *
 * ```ts
 * for await (const { direction, bytes, atMs } of tap) …
 * ```
 *
 * The loop ends when the session has ended and the reader has had all its bytes, or when somebody closed the tap.
 * Leaving the loop closes the tap. The session does not wait for the reader and does not notice what the reader throws.
 *
 * @throws TapFailure into the loop, when the reader would not get all bytes; what waited is dropped at once.
 */
export interface Tap extends AsyncIterable<TappedChunk> {
  /** What waits for the reader, in bytes as the cap counts them. */
  readonly waitingBytes: number;
  /** Ends the reader's loop and drops what waits; may be called more than once. */
  close(): void;
}

/** The session's side of a tap. */
export class TapQueue implements Tap {
  readonly #capBytes: number;
  #onClose: () => void;
  #chunks: TappedChunk[] = [];
  #waitingBytes = 0;
  #isEnded = false;
  #failure: TapFailure | undefined;
  #wake: () => void = () => {};

  /** @param onClose is called once, when the tap takes no more bytes */
  constructor({ capBytes = DEFAULT_CAP_BYTES }: TapOptions, onClose: () => void) {
    this.#capBytes = capBytes;
    this.#onClose = onClose;
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Adds a chunk, or ends the tap when that is too much; not to be called after the end. */
  push(chunk: TappedChunk): void {
    this.#waitingBytes += chunk.bytes.length + CHUNK_OVERHEAD_BYTES;
    if (this.#waitingBytes > this.#capBytes) return this.fail("fell_behind");
    this.#chunks.push(chunk);
    this.#wake();
  }

  /** No more bytes will come; the reader still gets what waits. */
  end(): void {
    this.#isEnded = true;
    this.#onClose();
    this.#onClose = () => {};
    this.#wake();
  }

  /** Ends the tap with a failure for its reader, and drops what waits. */
  fail(reason: TapFailureReason): void {
    this.#failure = new TapFailure(reason);
    this.close();
  }

  close(): void {
    this.#drop();
    this.end();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<TappedChunk, void> {
    try {
      for (;;) {
        const chunk = this.#take();
        if (chunk) yield chunk;
        else if (this.#failure) throw this.#failure;
        else if (this.#isEnded) return;
        else await new Promise<void>((wake) => this.#wake = wake);
      }
    } finally {
      this.close();
    }
  }

  #take(): TappedChunk | undefined {
    const chunk = this.#chunks.shift();
    if (chunk) this.#waitingBytes -= chunk.bytes.length + CHUNK_OVERHEAD_BYTES;
    return chunk;
  }

  #drop(): void {
    this.#chunks = [];
    this.#waitingBytes = 0;
  }
}
