/** A viewer that has one WebSocket: a plain one, or a page that does not acknowledge. */
import type { PortholeError } from "../errors.ts";
import { type DownMessage, parseUp, type UpMessage, writeMessage } from "../side_channel/messages.ts";
import type { ByteQueue } from "./byte_queue.ts";
import { Link, type LinkClose } from "./link.ts";
import type { Viewer } from "./viewer.ts";
import { ViewerInput } from "./viewer_input.ts";

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
  readonly isLasting = false;
  readonly canReturn = false;
  readonly isHeld = false;
  onSide: (message: UpMessage) => void = () => {};
  readonly #link: Link;
  readonly #input: ViewerInput;
  readonly #sideChannel: boolean;

  constructor(socket: WebSocket, { now = () => performance.now(), ...options }: ViewerSocketOptions) {
    this.#link = new Link(socket, { ...options, now });
    this.#input = new ViewerInput({ ...options, now });
    this.#sideChannel = options.sideChannel;
    this.#link.receiver = {
      onBytes: (bytes) => this.#input.take(bytes),
      onText: (text) => this.#receiveText(text),
      onClosed: () => this.up.end(),
    };
  }

  get up(): ByteQueue {
    return this.#input.up;
  }

  get closed(): Promise<LinkClose> {
    return this.#link.closed;
  }

  get opened(): Promise<void> {
    return this.#link.opened;
  }

  get failed(): Promise<never> {
    return this.#input.failed;
  }

  get isOpen(): boolean {
    return this.#link.isOpen;
  }

  get isGone(): boolean {
    return this.#link.isGone;
  }

  get hasSideChannel(): boolean {
    return this.#sideChannel;
  }

  get idleMs(): number {
    return this.#input.idleMs;
  }

  get silentMs(): number {
    return this.#link.silentMs;
  }

  get unsentBytes(): number {
    return this.#link.backlog.bytes;
  }

  get roomBytes(): number {
    return this.#link.backlog.roomBytes;
  }

  get lingerMs(): number {
    return this.#link.backlog.lingerMs;
  }

  get lost(): Promise<unknown> {
    return this.#link.closed;
  }

  send(bytes: Uint8Array<ArrayBuffer>): void {
    this.#link.send(bytes);
  }

  give(bytes: Uint8Array<ArrayBuffer>): void {
    this.#link.send(bytes);
  }

  sendSide(message: DownMessage): void {
    if (this.#sideChannel) this.#link.send(writeMessage(message));
  }

  /** See `DownBacklog.explainStall()`. */
  explainStall(): PortholeError | undefined {
    return this.#link.backlog.explainStall();
  }

  /** See `DownBacklog.drain()`. */
  drain(downToBytes?: number): Promise<void> {
    return this.#link.backlog.drain(downToBytes);
  }

  describeLeaving(): string {
    return "The viewer left";
  }

  close(reason: PortholeError): void {
    this.#link.close(reason);
  }

  drop(): void {
    this.#link.drop();
  }

  #receiveText(text: string): void {
    if (!this.#sideChannel) return this.#input.refuse("text_refused", "RFB travels in binary frames only");
    const { message, problem } = parseUp(text);
    if (message !== undefined) this.onSide(message);
    else if (problem !== undefined) this.#input.refuse("viewer_malformed", problem);
  }
}
