/** One WebSocket of a viewer: the only place that calls `socket.send`. */
import { closeCodeOf, type PortholeError } from "../errors.ts";
import { fitReason } from "./close_reason.ts";
import { DownBacklog } from "./down_backlog.ts";
import { dropSocket } from "./drop_socket.ts";

/** What a link is made with. */
export interface LinkOptions {
  /** A viewer that reads nothing for this long has stalled. */
  readonly stallMs: number;
  /** Milliseconds that never go back. */
  readonly now?: () => number;
}

/** The close code and reason that the WebSocket reported. */
export interface LinkClose {
  readonly code: number;
  readonly reason: string;
  /** Whether the viewer sent a close frame; otherwise the connection broke, or the runtime gave up on it. */
  readonly isClean: boolean;
}

/** Receives what comes over a link. */
export interface LinkReceiver {
  onBytes(bytes: Uint8Array<ArrayBuffer>): void;
  onText(text: string): void;
  /** The socket has closed, whoever closed it. Called once, before `closed` resolves. */
  onClosed(close: LinkClose): void;
}

/**
 * A WebSocket with back-pressure down, which Deno's lacks. Construct it in the same tick as the upgrade, or `open` is
 * missed, and set `receiver` in the same tick, or frames are. No method throws because of the peer's state.
 */
export class Link {
  receiver: LinkReceiver | undefined;
  /** Resolves once when the socket has closed, whoever closed it. */
  readonly closed: Promise<LinkClose>;
  /** Resolves when frames may be sent, or when the socket closed before that. */
  readonly opened: Promise<void>;
  /** The bytes that the socket has not sent. */
  readonly backlog: DownBacklog;
  readonly #socket: WebSocket;
  readonly #now: () => number;
  #receivedAt = 0;
  #isGone = false;

  constructor(socket: WebSocket, { stallMs, now = () => performance.now() }: LinkOptions) {
    this.#socket = socket;
    this.#now = now;
    this.backlog = new DownBacklog(socket, { stallMs, now });
    socket.binaryType = "arraybuffer";
    const opened = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<LinkClose>();
    this.opened = opened.promise;
    this.closed = closed.promise;
    socket.addEventListener("open", () => opened.resolve(), { once: true });
    // One listener for both, since a listener takes 250 bytes of an idle session.
    socket.addEventListener("close", ({ code, reason, wasClean: isClean }) => {
      this.#isGone = true;
      opened.resolve();
      this.receiver?.onClosed({ code, reason, isClean });
      closed.resolve({ code, reason, isClean });
    }, { once: true });
    // Close always follows an error event, which would be uncaught without a listener.
    socket.addEventListener("error", (event) => event.preventDefault());
    socket.onmessage = (event) => this.#receive(event.data);
  }

  /** Whether frames can still be sent. */
  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** Whether the socket has closed: until then it may hold unsent bytes. */
  get isGone(): boolean {
    return this.#isGone;
  }

  /** Milliseconds since the viewer last sent anything. */
  get silentMs(): number {
    return this.#now() - this.#receivedAt;
  }

  /** Sends one frame, if the socket is open; bytes are copied, so the buffer may be reused at once. */
  send(frame: Uint8Array<ArrayBuffer> | string): void {
    if (frame.length === 0 || !this.isOpen) return;
    this.#socket.send(frame);
    this.backlog.noteSent(frame.length);
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
    this.#receivedAt = this.#now();
    if (data instanceof ArrayBuffer) this.receiver?.onBytes(new Uint8Array(data));
    else if (typeof data === "string") this.receiver?.onText(data);
  }
}
