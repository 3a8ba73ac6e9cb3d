/** The browser side of a session: the only place that calls `socket.send`. */
import { FAILURES, PortholeError } from "../errors.ts";
import { ByteQueue } from "./byte_queue.ts";
import { setImmediate } from "node:timers";
import { fitReason } from "./close_reason.ts";
import { LinkSpeed } from "./link_speed.ts";

/** Above this many unsent bytes the source is not read. */
const HIGH_WATER_BYTES = 4 * 1024 * 1024;
/** The page answers a goodbye by closing; it comes behind everything else that a slow link still carries. */
const GOODBYE_WAIT_MS = 30_000;
/** The close frame must come, or the session ends without it. */
const CLOSE_WAIT_MS = 5_000;
/** A viewer that sent too much still has more on its way; `close()` would answer that with a reset. */
const QUIET_MS = 100;
const QUIET_WAIT_MS = 5_000;
/** How often a viewer that was let go is looked at: has it taken what was queued? */
const ABANDONED_POLL_MS = 1_000;
/**
 * KeyEvent, PointerEvent, ClientCutText (RFC 6143 section 7.5) and QEMU's key events. Frames need not begin with a
 * message, but viewers make them so, and this only decides when a person counts as gone.
 */
const INPUT_TYPES: ReadonlySet<number> = new Set([4, 5, 6, 255]);
/** Turns of the event loop before polling goes over to timers. */
const EAGER_TURNS = 48;
const POLL_MAX_MS = 50;

/** A message of the `porthole.v1` side channel; `type` says what it is. */
export type SideMessage = Readonly<{ type: string } & Record<string, unknown>>;

interface ViewerSocketOptions {
  /** Whether `porthole.v1` was agreed: text frames carry the side channel. */
  sideChannel: boolean;
  /** Most bytes that may wait for a source that does not read. */
  upQueueBytes: number;
  /** A viewer that takes nothing for this long is let go. */
  stallMs: number;
  now?: () => number;
}

/** How the viewer's end went, as the WebSocket reported it. */
export interface ViewerClose {
  readonly code: number;
  readonly reason: string;
}

/**
 * One viewer's WebSocket, with what Deno's lacks: a byte cap up, back-pressure down, and an end that loses nothing.
 *
 * Construct it in the same tick as the upgrade, or `open` is missed. No method throws because of the peer's state.
 */
export class ViewerSocket {
  /** What the viewer sent and the source has not taken. */
  readonly up = new ByteQueue();
  /** Gets what arrives on the side channel. */
  onSide: (message: SideMessage) => void = () => {};
  /** Resolves once when the socket has closed, whoever closed it. */
  readonly closed: Promise<ViewerClose>;
  /** Resolves when frames may be sent, or when the socket closed before that. */
  readonly opened: Promise<void>;
  readonly #socket: WebSocket;
  readonly #options: Required<ViewerSocketOptions>;
  readonly #fail: PromiseWithResolvers<never>;
  readonly #speed: LinkSpeed;
  #lastInputAt: number;
  #receivedAt = 0;
  #sentBytes = 0;
  #takenBytes = 0;
  #takenAt: number;
  #isGone = false;

  constructor(socket: WebSocket, options: ViewerSocketOptions) {
    this.#socket = socket;
    this.#options = { now: () => performance.now(), ...options };
    this.#speed = new LinkSpeed(this.#options.now);
    this.#lastInputAt = this.#takenAt = this.#options.now();
    this.#fail = Promise.withResolvers<never>();
    this.#fail.promise.catch(() => {});
    socket.binaryType = "arraybuffer";
    this.opened = new Promise((done) => {
      socket.addEventListener("open", () => done(), { once: true });
      socket.addEventListener("close", () => done(), { once: true });
    });
    this.closed = new Promise((done) => {
      socket.addEventListener("close", (event) => {
        this.up.end();
        this.#isGone = true;
        done({ code: event.code, reason: event.reason });
      }, { once: true });
    });
    // An error event is always followed by close; without a listener it would count as uncaught.
    socket.addEventListener("error", (event) => event.preventDefault());
    socket.onmessage = (event) => this.#receive(event.data);
  }

  /** Rejects with a PortholeError when the viewer broke a rule; never resolves. */
  get failed(): Promise<never> {
    return this.#fail.promise;
  }

  /** Whether frames can still be sent. */
  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** Whether the socket has closed: until then it may hold what was queued. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Whether `porthole.v1` was agreed. */
  get hasSideChannel(): boolean {
    return this.#options.sideChannel;
  }

  /** Milliseconds since the viewer last sent what looks like a key, a pointer event or cut text. */
  get idleMs(): number {
    return this.#options.now() - this.#lastInputAt;
  }

  /** Whether so much is unsent that the source must wait. */
  get isFull(): boolean {
    return this.#socket.bufferedAmount > HIGH_WATER_BYTES;
  }

  /** Sends RFB bytes as one binary frame; they are copied, so the buffer may be reused at once. */
  send(bytes: Uint8Array<ArrayBuffer>): void {
    if (bytes.length === 0 || this.#socket.readyState !== WebSocket.OPEN) return;
    this.#socket.send(bytes);
    this.#sentBytes += bytes.length;
    this.#speed.sent(bytes.length);
  }

  /** Sends a side-channel message, if the viewer speaks `porthole.v1`. */
  sendSide(message: SideMessage): void {
    if (!this.#options.sideChannel || !this.isOpen) return;
    const text = JSON.stringify(message);
    this.#socket.send(text);
    this.#sentBytes += text.length;
  }

  /**
   * Says that something waits of which the viewer has taken nothing for the stall limit; undefined while all is well.
   *
   * It compares with the last call, so it wants to be asked every few seconds. `drain()` notices a viewer that holds up
   * the source; this one, a viewer that stopped when the source had little to say.
   */
  explainStall(): PortholeError | undefined {
    const { now, stallMs } = this.#options;
    const takenBytes = this.#sentBytes - this.#socket.bufferedAmount;
    if (this.#socket.bufferedAmount > 0 && takenBytes === this.#takenBytes) {
      return now() - this.#takenAt > stallMs ? this.#describeStall() : undefined;
    }
    this.#takenBytes = takenBytes;
    this.#takenAt = now();
  }

  /**
   * Waits until at most `downToBytes` are unsent, or the socket has closed.
   *
   * There is no drain event, so this polls: a few turns of the event loop, then timers that grow to 50 ms.
   *
   * @throws PortholeError viewer_stalled when the amount has not shrunk for the stall limit.
   */
  async drain(downToBytes = HIGH_WATER_BYTES / 2): Promise<void> {
    const { now, stallMs } = this.#options;
    const startedAt = now();
    const startBytes = this.#socket.bufferedAmount;
    let lowest = startBytes;
    let shrankAt = startedAt;
    for (let turn = 0; this.#socket.bufferedAmount > downToBytes && this.isOpen; turn++) {
      await (turn < EAGER_TURNS ? nextTurn() : pause(Math.min(POLL_MAX_MS, 1 + (turn - EAGER_TURNS) / 16)));
      const buffered = this.#socket.bufferedAmount;
      if (buffered < lowest) {
        lowest = buffered;
        shrankAt = now();
      } else if (now() - shrankAt > stallMs) {
        throw this.#describeStall();
      }
    }
    this.#speed.drained(startBytes - this.#socket.bufferedAmount, now() - startedAt);
  }

  /**
   * Ends the WebSocket after everything sent has left.
   *
   * After `close()` the first message from the viewer would make Deno drop the socket and all that is queued, so first
   * the queue is waited out; then a viewer with a side channel is told goodbye and closes by itself, and a foreign one
   * is given the time that the kernel's buffer needs at the speed seen.
   */
  async end(reason: PortholeError): Promise<void> {
    // Nobody takes it any more, so what still comes must not be kept.
    this.up.clear();
    try {
      await this.drain(0);
    } catch {
      return void this.abandon(reason);
    }
    if (!this.isOpen) return;
    if (this.#options.sideChannel) await this.#sayGoodbye(reason);
    else await this.#waitFor(this.#speed.lingerMs());
    if (reason.code === "viewer_too_fast") await this.#waitForQuiet();
    this.#close(reason);
    await this.#waitFor(CLOSE_WAIT_MS);
  }

  /**
   * Lets a stuck viewer go: it is told once it has taken what was queued, if ever.
   *
   * The runtime can drop neither the socket nor its queue (4 MiB, and what the kernel holds): after `close()` both live
   * on unseen until the peer reads or its TCP connection ends. Left open, its end is at least noticed: `closed`.
   */
  async abandon(reason: PortholeError): Promise<void> {
    this.up.clear();
    while (this.isOpen && this.#socket.bufferedAmount > 0) await this.#waitFor(ABANDONED_POLL_MS);
    this.#close(reason);
  }

  #describeStall(): PortholeError {
    return new PortholeError("viewer_stalled", `The viewer took nothing for ${this.#options.stallMs / 1000} s`);
  }

  #close({ code, message }: PortholeError): void {
    if (this.#socket.readyState > WebSocket.OPEN) return;
    try {
      this.#socket.close(FAILURES[code].close ?? 1011, fitReason(message));
    } catch {
      // Closing already.
    }
  }

  async #sayGoodbye({ code, message, retry, retryAfterMs }: PortholeError): Promise<void> {
    const { close } = FAILURES[code];
    const later = retryAfterMs === undefined ? {} : { retry_after_ms: retryAfterMs };
    this.sendSide({ type: "goodbye", code, close, message, retry, ...later });
    await this.#waitFor(GOODBYE_WAIT_MS);
  }

  /** Waits until the viewer has said nothing for a moment; what it says is dropped. */
  async #waitForQuiet(): Promise<void> {
    const { now } = this.#options;
    const endAt = now() + QUIET_WAIT_MS;
    while (this.isOpen && now() < endAt && now() - this.#receivedAt < QUIET_MS) await this.#waitFor(QUIET_MS / 2);
  }

  /** Waits for the close, but not longer than this. */
  async #waitFor(ms: number): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((done) => timer = setTimeout(done, ms));
    await Promise.race([this.closed, late]);
    clearTimeout(timer);
  }

  #receive(data: unknown): void {
    this.#receivedAt = this.#options.now();
    if (data instanceof ArrayBuffer) this.#receiveBytes(new Uint8Array(data));
    else if (typeof data === "string") this.#receiveText(data);
  }

  #receiveBytes(bytes: Uint8Array): void {
    this.up.push(bytes);
    if (INPUT_TYPES.has(bytes[0]!)) this.#lastInputAt = this.#options.now();
    if (this.up.bytes <= this.#options.upQueueBytes) return;
    this.up.clear();
    this.#fail.reject(new PortholeError("viewer_too_fast", "The source does not take what the viewer sends"));
  }

  #receiveText(text: string): void {
    if (!this.#options.sideChannel) {
      this.up.end();
      return this.#fail.reject(new PortholeError("text_refused", "RFB travels in binary frames only"));
    }
    const message = parseSideMessage(text);
    if (message) return this.onSide(message);
    this.up.end();
    this.#fail.reject(new PortholeError("viewer_malformed", "A text frame held no JSON object with a type"));
  }
}

/** Side-channel messages are small: a password, a pong. */
const SIDE_MESSAGE_MAX_CHARS = 16 * 1024;

function parseSideMessage(text: string): SideMessage | undefined {
  if (text.length > SIDE_MESSAGE_MAX_CHARS) return undefined;
  try {
    const value = JSON.parse(text);
    return typeof value?.type === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

function nextTurn(): Promise<void> {
  return new Promise((done) => setImmediate(done));
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}
