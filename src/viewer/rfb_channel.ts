/**
 * The channel that noVNC draws from, and that outlives the WebSockets which carry it: it counts what has come and keeps
 * what has gone, until the gateway says that it has it. noVNC accepts any object with these members (core/websock.js,
 * rawChannelProps), and calls `close()` without a code.
 *
 * To noVNC the channel stays open until noVNC itself closes it. The end of a WebSocket is the session's business: noVNC
 * knows no reason, and its "disconnect" would be taken for a fault of the VNC server.
 */
import { isCounted, SUBPROTOCOL, type UpMessage, writeMessage } from "../side_channel/messages.ts";
import { type Frame, SentFrames } from "../side_channel/sent_frames.ts";

/** Most that is kept, which is typed and pasted; a gateway does not keep more of it for a source that does not read. */
const KEPT_CAP_BYTES = 16 * 1024 * 1024;

/** What a channel works with. */
export interface RfbChannelParts {
  /** noVNC has closed the channel. */
  readonly onClose: () => void;
  /** Something was sent that counts. */
  readonly onSend: () => void;
}

/** One session's bytes and messages, over any number of WebSockets. */
export class RfbChannel {
  binaryType = "arraybuffer";
  onopen: (() => void) | null = null;
  onmessage: ((event: { readonly data: ArrayBuffer }) => void) | null = null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null = null;
  onerror: ((event: unknown) => void) | null = null;
  readonly protocol = SUBPROTOCOL;
  /** Counts the frames that were given to WebSockets. */
  sends = 0;
  readonly #parts: RfbChannelParts;
  /** Undefined if the gateway does not acknowledge, or if it was too much. */
  #kept: SentFrames | undefined = new SentFrames();
  #received = 0;
  #socket: WebSocket | null = null;
  #readyState: number = WebSocket.CONNECTING;

  constructor(parts: RfbChannelParts) {
    this.#parts = parts;
  }

  get readyState(): number {
    return this.#readyState;
  }

  /** Position up to which everything has come. */
  get received(): number {
    return this.#received;
  }

  /** Whether nothing that was sent is lost with the WebSocket. */
  get isKept(): boolean {
    return this.#kept !== undefined;
  }

  /** Whether the gateway has not said yet that it has everything. */
  get isAwaiting(): boolean {
    return this.#kept !== undefined && this.#kept.pending > 0;
  }

  /** The first WebSocket is open. */
  open(socket: WebSocket): void {
    this.#socket = socket;
    this.#readyState = WebSocket.OPEN;
    this.onopen?.();
  }

  /** No WebSocket carries the channel for now. */
  pause(): void {
    this.#socket = null;
  }

  /** This WebSocket carries the channel from now on; false if the gateway cannot have reached the position. */
  resume(socket: WebSocket, position: number): boolean {
    if (!this.#kept?.acknowledge(position)) return false;
    this.#socket = socket;
    for (const frame of this.#kept.list()) this.#pass(frame);
    return true;
  }

  /** The gateway has what was sent up to this position. */
  acknowledge(position: number): void {
    this.#kept?.acknowledge(position);
  }

  /** Keeps nothing from now on. */
  forget(): void {
    this.#kept = undefined;
  }

  /** Bytes from the VNC server. */
  takeBytes(data: ArrayBuffer): void {
    this.#received += data.byteLength;
    this.onmessage?.({ data });
  }

  /** A text frame that counts. */
  countText(text: string): void {
    this.#received += text.length;
  }

  /** Sends bytes of noVNC, which uses its buffer again. */
  send(data: ArrayBufferView<ArrayBuffer>): void {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    this.#send(this.#kept ? bytes.slice() : bytes);
  }

  /** Sends a message; one that belongs to a WebSocket is dropped while there is none. */
  sendMessage(message: UpMessage): void {
    if (isCounted(message)) this.#send(writeMessage(message));
    else this.#pass(writeMessage(message));
  }

  close(): void {
    if (this.#readyState === WebSocket.CLOSED) return;
    this.#readyState = WebSocket.CLOSED;
    this.#parts.onClose();
    queueMicrotask(() => this.onclose?.({ code: 1000, reason: "" }));
  }

  #send(frame: Frame): void {
    this.#kept?.push(frame);
    if (this.#kept && this.#kept.pending > KEPT_CAP_BYTES) this.forget();
    this.#pass(frame);
    this.#parts.onSend();
  }

  #pass(frame: Frame): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#socket.send(frame);
    this.sends++;
  }
}
