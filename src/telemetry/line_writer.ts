/** Lines for a pipe, a terminal or a file, whose reader may be slow, stopped or gone. */
import { delay } from "@std/async/delay";

/** Writes lines in order, without ever keeping its caller waiting. */
export interface LineWriter {
  /** Queues a line. Never throws. Can be called without its object. */
  readonly write: (line: string) => void;
  /** Number of lines that were lost so far. */
  readonly lost: number;
  /** Resolves when nothing is queued any more. Only a reader can bring that about: wait with a deadline. */
  settled(): Promise<void>;
}

interface LineWriterOptions {
  /** Writes some of the bytes, at least one, and returns their number, as `Deno.stderr.write()` does. */
  readonly write: (bytes: Uint8Array) => Promise<number>;
  /** Called after lines were lost, with their number, once there is room again. A line that it writes takes their place. */
  readonly onBack?: (lost: number) => void;
  /** Lines that come within this time after a write are written together; 0, the default, gathers nothing. */
  readonly gatherMs?: number;
}

/** Most characters that are queued. Then new lines are lost, so that the old ones stay in order. */
const QUEUE_MAX_CHARS = 1024 ** 2;
const BATCH_MAX_CHARS = 64 * 1024;
/** Room for the line that says how many were lost, which must not be lost itself. */
const TOLD_CHARS = 1024;
/** A pipe that another program has made non-blocking refuses bytes while it is full. */
const RETRY_MS = 100;

/** Makes a writer. */
export function createLineWriter(options: LineWriterOptions): LineWriter {
  return new Queue(options);
}

class Queue implements LineWriter {
  readonly #options: LineWriterOptions;
  readonly #lines: string[] = [];
  #chars = 0;
  #lost = 0;
  /** Lost lines that `onBack` has not been told of. */
  #untold = 0;
  /** Whether the last line that was written is incomplete. */
  #isCut = false;
  #drained: Promise<void> = Promise.resolve();
  #isDraining = false;

  constructor(options: LineWriterOptions) {
    this.#options = options;
  }

  get lost(): number {
    return this.#lost;
  }

  readonly write = (line: string): void => {
    if (this.#chars + line.length > QUEUE_MAX_CHARS) return this.#lose(1);
    this.#lines.push(line);
    this.#chars += line.length;
    if (!this.#isDraining) this.#drained = this.#drain();
  };

  async settled(): Promise<void> {
    while (this.#isDraining) await this.#drained;
  }

  async #drain(): Promise<void> {
    this.#isDraining = true;
    while (this.#lines.length > 0) {
      const batch = this.#takeBatch();
      try {
        await this.#writeWhole(`${this.#isCut ? "\n" : ""}${batch.join("\n")}\n`);
        this.#tell();
      } catch {
        // A closed pipe or a full disk must not end sessions.
        this.#lose(batch.length);
      }
      const { gatherMs = 0 } = this.#options;
      if (gatherMs > 0) await delay(gatherMs);
    }
    // In the same turn as the last look at the queue, so that no line is left behind.
    this.#isDraining = false;
  }

  #takeBatch(): string[] {
    let [count, chars] = [0, 0];
    while (count < this.#lines.length && (count === 0 || chars < BATCH_MAX_CHARS)) {
      chars += this.#lines[count++]!.length;
    }
    this.#chars -= chars;
    return this.#lines.splice(0, count);
  }

  async #writeWhole(text: string): Promise<void> {
    const bytes = new TextEncoder().encode(text);
    for (let at = 0; at < bytes.length;) {
      at += await this.#writeSome(bytes.subarray(at));
      this.#isCut = at < bytes.length && bytes[at - 1] !== 10;
    }
  }

  async #writeSome(bytes: Uint8Array): Promise<number> {
    while (true) {
      try {
        return await this.#options.write(bytes);
      } catch (thrown) {
        if (!(thrown instanceof Deno.errors.WouldBlock)) throw thrown;
        await delay(RETRY_MS);
      }
    }
  }

  #lose(count: number): void {
    this.#lost += count;
    this.#untold += count;
  }

  #tell(): void {
    if (this.#untold === 0 || this.#chars > QUEUE_MAX_CHARS - TOLD_CHARS) return;
    const lost = this.#untold;
    this.#untold = 0;
    this.#options.onBack?.(lost);
  }
}
