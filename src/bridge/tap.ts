/** Read-only taps: copies of a session's bytes, for readers that must never hold up the session itself. */

/** Default limit of the bytes that wait for a reader. */
const DEFAULT_CAP_BYTES = 4 * 1024 * 1024;
/** Counted for each chunk in addition to its bytes, so that many small chunks fill the queue too. */
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

/** Options of a tap. */
export interface TapOptions {
  /** Bytes that may wait for the reader, 256 added for each chunk; 4 MiB when left out. */
  readonly capBytes?: number;
}

/**
 * Why a tap ended before its session: "fell_behind" when more waited than its cap allows; "login_not_followed" when the
 * viewer's login failed, or is of a kind whose end the gateway cannot find.
 */
export type TapFailureReason = "fell_behind" | "login_not_followed";

/** Thrown into the loop of a reader that cannot get all bytes. */
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
 * The loop ends when the session has ended and the reader has received all its bytes, or when the tap is closed.
 * Leaving the loop closes the tap. The session does not wait for the reader, and errors of the reader do not reach it.
 *
 * @throws TapFailure into the loop, if the reader cannot get all bytes; the queued ones are dropped at once.
 */
export interface Tap extends AsyncIterable<TappedChunk> {
  /** The bytes that wait for the reader, as the cap counts them. */
  readonly waitingBytes: number;
  /** Ends the reader's loop and drops the queued bytes; may be called more than once. */
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

  /** @param onClose is called once, when the tap accepts no more bytes */
  constructor({ capBytes = DEFAULT_CAP_BYTES }: TapOptions, onClose: () => void) {
    this.#capBytes = capBytes;
    this.#onClose = onClose;
  }

  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Adds a chunk, or ends the tap if that exceeds the cap. Do not call it after the end. */
  push(chunk: TappedChunk): void {
    this.#waitingBytes += chunk.bytes.length + CHUNK_OVERHEAD_BYTES;
    if (this.#waitingBytes > this.#capBytes) return this.fail("fell_behind");
    this.#chunks.push(chunk);
    this.#wake();
  }

  /** Marks the end of the bytes; the reader still gets the queued ones. */
  end(): void {
    this.#isEnded = true;
    this.#onClose();
    this.#onClose = () => {};
    this.#wake();
  }

  /** Ends the tap with a failure for its reader, and drops the queued bytes. */
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
