/** What a viewer sends, up to the source: its bytes, and when its user last did something. */
import { PortholeError } from "../errors.ts";
import { ByteQueue } from "./byte_queue.ts";

/**
 * KeyEvent, PointerEvent, ClientCutText (RFC 6143 section 7.5) and QEMU's key events. A frame need not begin with a
 * message, but those of viewers do, and this only decides when a user is idle.
 */
const INPUT_TYPES: ReadonlySet<number> = new Set([4, 5, 6, 255]);

interface ViewerInputOptions {
  /** Maximum number of bytes that wait for a source that does not read. */
  readonly upQueueBytes: number;
  readonly now: () => number;
}

/** The queue up of one viewer, with its limit. */
export class ViewerInput {
  readonly up = new ByteQueue();
  readonly #options: ViewerInputOptions;
  readonly #fail = Promise.withResolvers<never>();
  #lastInputAt: number;

  constructor(options: ViewerInputOptions) {
    this.#options = options;
    this.#lastInputAt = options.now();
    this.#fail.promise.catch(() => {});
  }

  /** Rejects with a PortholeError when the viewer broke a rule; never resolves. */
  get failed(): Promise<never> {
    return this.#fail.promise;
  }

  /** Milliseconds since the viewer last sent what looks like a key, a pointer event or cut text. */
  get idleMs(): number {
    return this.#options.now() - this.#lastInputAt;
  }

  /** Queues bytes for the source. */
  take(bytes: Uint8Array): void {
    this.up.push(bytes);
    if (INPUT_TYPES.has(bytes[0]!)) this.#lastInputAt = this.#options.now();
    if (this.up.bytes <= this.#options.upQueueBytes) return;
    this.up.clear();
    this.#fail.reject(new PortholeError("viewer_too_fast", "The VNC server is reading too slowly"));
  }

  /** The viewer broke a rule: takes nothing more from it. */
  refuse(code: "text_refused" | "viewer_malformed", problem: string): void {
    this.up.end();
    this.#fail.reject(new PortholeError(code, problem));
  }
}
