/** A viewer that has one WebSocket: a plain one, or a page that does not acknowledge. */
import { PortholeError } from "../errors.ts";
import { type DownMessage, parseUp, type UpMessage, writeMessage } from "../side_channel/messages.ts";
import { ByteQueue } from "./byte_queue.ts";
import { Link, type LinkClose } from "./link.ts";
import type { Viewer } from "./viewer.ts";

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

/** One viewer's WebSocket, with a byte limit up. Construct it in the same tick as the upgrade. */
export class ViewerSocket implements Viewer {
  readonly up = new ByteQueue();
  readonly isHeld = false;
  onSide: (message: UpMessage) => void = () => {};
  readonly #link: Link;
  readonly #options: Required<ViewerSocketOptions>;
  readonly #fail: PromiseWithResolvers<never>;
  #lastInputAt: number;

  constructor(socket: WebSocket, options: ViewerSocketOptions) {
    this.#options = { now: () => performance.now(), ...options };
    this.#link = new Link(socket, this.#options);
    this.#lastInputAt = this.#options.now();
    this.#fail = Promise.withResolvers<never>();
    this.#fail.promise.catch(() => {});
    this.#link.receiver = {
      onBytes: (bytes) => this.#receiveBytes(bytes),
      onText: (text) => this.#receiveText(text),
      onClosed: () => this.up.end(),
    };
  }

  get closed(): Promise<LinkClose> {
    return this.#link.closed;
  }

  get opened(): Promise<void> {
    return this.#link.opened;
  }

  get failed(): Promise<never> {
    return this.#fail.promise;
  }

  get isOpen(): boolean {
    return this.#link.isOpen;
  }

  get isGone(): boolean {
    return this.#link.isGone;
  }

  get hasSideChannel(): boolean {
    return this.#options.sideChannel;
  }

  get idleMs(): number {
    return this.#options.now() - this.#lastInputAt;
  }

  get silentMs(): number {
    return this.#link.silentMs;
  }

  get unsentBytes(): number {
    return this.#link.backlog.bytes;
  }

  get isFull(): boolean {
    return this.#link.backlog.isFull;
  }

  get lingerMs(): number {
    return this.#link.backlog.lingerMs;
  }

  send(bytes: Uint8Array<ArrayBuffer>): void {
    this.#link.send(bytes);
  }

  sendSide(message: DownMessage): void {
    if (this.#options.sideChannel) this.#link.send(writeMessage(message));
  }

  /** See `DownBacklog.explainStall()`. */
  explainStall(): PortholeError | undefined {
    return this.#link.backlog.explainStall();
  }

  /** See `DownBacklog.drain()`. */
  drain(downToBytes?: number): Promise<void> {
    return this.#link.backlog.drain(downToBytes);
  }

  close(reason: PortholeError): void {
    this.#link.close(reason);
  }

  drop(): void {
    this.#link.drop();
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
