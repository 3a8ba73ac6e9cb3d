/** The viewer's side of a session: the only place that calls `socket.send`. */
import { closeCodeOf, PortholeError } from "../errors.ts";
import { type DownMessage, parseUp, type UpMessage, writeMessage } from "../side_channel/messages.ts";
import { ByteQueue } from "./byte_queue.ts";
import { fitReason } from "./close_reason.ts";
import { DownBacklog } from "./down_backlog.ts";
import { dropSocket } from "./drop_socket.ts";

/**
 * KeyEvent, PointerEvent, ClientCutText (RFC 6143 section 7.5) and QEMU's key events. A frame need not begin with a
 * message, but those of viewers do, and this only decides when a user is idle.
 */
const INPUT_TYPES: ReadonlySet<number> = new Set([4, 5, 6, 255]);

interface ViewerSocketOptions {
  /** Whether `porthole.v1` was agreed: text frames carry the side channel. */
  sideChannel: boolean;
  /** Maximum number of bytes that wait for a source that does not read. */
  upQueueBytes: number;
  /** A viewer that reads nothing for this long is disconnected. */
  stallMs: number;
  now?: () => number;
}

/** The close code and reason that the WebSocket reported. */
export interface ViewerClose {
  readonly code: number;
  readonly reason: string;
}

/**
 * One viewer's WebSocket. It adds what Deno's lacks: a byte limit up and back-pressure down. `viewer_ending.ts` ends it.
 *
 * Construct it in the same tick as the upgrade, or `open` is missed. No method throws because of the peer's state.
 */
export class ViewerSocket {
  /** Bytes that the viewer sent and the source has not accepted yet. */
  readonly up = new ByteQueue();
  /** Receives the messages of the side channel. */
  onSide: (message: UpMessage) => void = () => {};
  /** Resolves once when the socket has closed, whoever closed it. */
  readonly closed: Promise<ViewerClose>;
  /** Resolves when frames may be sent, or when the socket closed before that. */
  readonly opened: Promise<void>;
  readonly #socket: WebSocket;
  readonly #options: Required<ViewerSocketOptions>;
  readonly #fail: PromiseWithResolvers<never>;
  readonly #backlog: DownBacklog;
  #lastInputAt: number;
  #receivedAt = 0;
  #isGone = false;

  constructor(socket: WebSocket, options: ViewerSocketOptions) {
    this.#socket = socket;
    this.#options = { now: () => performance.now(), ...options };
    this.#backlog = new DownBacklog(socket, this.#options);
    this.#lastInputAt = this.#options.now();
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
    // Close always follows an error event, which would be uncaught without a listener.
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

  /** Whether the socket has closed: until then it may hold unsent bytes. */
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

  /** Milliseconds since the viewer last sent anything. */
  get silentMs(): number {
    return this.#options.now() - this.#receivedAt;
  }

  /** Unsent bytes. */
  get unsentBytes(): number {
    return this.#backlog.bytes;
  }

  /** Whether so many bytes are unsent that the source must wait. */
  get isFull(): boolean {
    return this.#backlog.isFull;
  }

  /** Milliseconds after which the last byte has most likely left the machine, once nothing is unsent. */
  get lingerMs(): number {
    return this.#backlog.lingerMs;
  }

  /** Sends RFB bytes as one binary frame; they are copied, so the buffer may be reused at once. */
  send(bytes: Uint8Array<ArrayBuffer>): void {
    if (bytes.length === 0 || this.#socket.readyState !== WebSocket.OPEN) return;
    this.#socket.send(bytes);
    this.#backlog.noteSent(bytes.length);
  }

  /** Sends a message on the side channel, if the viewer speaks `porthole.v1`. */
  sendSide(message: DownMessage): void {
    if (!this.#options.sideChannel || !this.isOpen) return;
    const text = writeMessage(message);
    this.#socket.send(text);
    this.#backlog.noteSent(text.length);
  }

  /** See `DownBacklog.explainStall()`. */
  explainStall(): PortholeError | undefined {
    return this.#backlog.explainStall();
  }

  /** See `DownBacklog.drain()`. */
  drain(downToBytes?: number): Promise<void> {
    return this.#backlog.drain(downToBytes);
  }

  /** Sends the close frame now; unsent bytes may be lost (see `endViewer()`). Later calls change nothing. */
  close({ code, message }: PortholeError): void {
    if (this.#socket.readyState > WebSocket.OPEN) return;
    try {
      this.#socket.close(closeCodeOf(code), fitReason(message));
    } catch {
      // The socket is closing already.
    }
  }

  /** Ends the TCP connection now, after `close()` and when nothing is unsent. */
  drop(): void {
    dropSocket(this.#socket);
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
    this.#fail.reject(new PortholeError("viewer_too_fast", "The VNC server is reading too slowly"));
  }

  #receiveText(text: string): void {
    if (!this.#options.sideChannel) return this.#refuse("text_refused", "RFB travels in binary frames only");
    const { message, problem } = parseUp(text);
    if (message !== undefined) this.onSide(message);
    else if (problem !== undefined) this.#refuse("viewer_malformed", problem);
  }

  #refuse(code: "text_refused" | "viewer_malformed", problem: string): void {
    this.up.end();
    this.#fail.reject(new PortholeError(code, problem));
  }
}
