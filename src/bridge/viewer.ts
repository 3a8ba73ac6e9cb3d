/** What a session knows of its viewer. */
import type { PortholeError } from "../errors.ts";
import type { DownMessage, UpMessage } from "../side_channel/messages.ts";
import type { ByteQueue } from "./byte_queue.ts";
import type { LinkClose } from "./link.ts";

/** The viewer's side of a session. No method throws because of the peer's state. `viewer_ending.ts` ends it. */
export interface Viewer {
  /** Bytes that the viewer sent and the source has not accepted yet. */
  readonly up: ByteQueue;
  /** Receives the messages of the side channel. */
  onSide: (message: UpMessage) => void;
  /** Resolves once when the viewer has left for good, whoever ended it. */
  readonly closed: Promise<LinkClose>;
  /** Resolves when frames may be sent, or when the viewer left before that. */
  readonly opened: Promise<void>;
  /** Rejects with a PortholeError when the viewer broke a rule; never resolves. */
  readonly failed: Promise<never>;
  /** Whether frames can still be sent. */
  readonly isOpen: boolean;
  /** Whether it has left: until then it may use memory. */
  readonly isGone: boolean;
  /** Whether it keeps what it sends until that is acknowledged. */
  readonly isLasting: boolean;
  /** Whether it outlives its WebSocket: when it loses that, it is held. */
  readonly canReturn: boolean;
  /** Whether it has lost its WebSocket, and may come back. */
  readonly isHeld: boolean;
  /** Resolves when it has no WebSocket: it has left, or is held. */
  readonly lost: Promise<unknown>;
  /** Whether `porthole.v1` was agreed. */
  readonly hasSideChannel: boolean;
  /** Milliseconds since the viewer last sent what looks like a key, a pointer event or cut text. */
  readonly idleMs: number;
  /** Milliseconds since the viewer last sent anything. */
  readonly silentMs: number;
  /** Bytes that its WebSocket has not sent. */
  readonly unsentBytes: number;
  /** How many bytes the source may send before it must wait; 0 when it must wait now. */
  readonly roomBytes: number;
  /** Milliseconds after which the last byte has most likely left the machine, once nothing is unsent. */
  readonly lingerMs: number;
  /** Sends RFB bytes as one binary frame; the buffer may be reused at once. */
  send(bytes: Uint8Array<ArrayBuffer>): void;
  /** Does the same with bytes that never change again: a viewer that keeps them need not copy them. */
  give(bytes: Uint8Array<ArrayBuffer>): void;
  /** Sends a message on the side channel, if the viewer speaks `porthole.v1`. */
  sendSide(message: DownMessage): void;
  /** Why the viewer counts as stalled; undefined while it does not. Call it every few seconds. */
  explainStall(): PortholeError | undefined;
  /** How it left, as a sentence. */
  describeLeaving(): string;
  /**
   * Waits until at most `downToBytes` are unsent (by default, until the source may go on), or the viewer cannot be sent
   * anything any more.
   *
   * @throws PortholeError viewer_stalled when the amount has not shrunk for the stall limit.
   */
  drain(downToBytes?: number): Promise<void>;
  /** Sends the close frame now; unsent bytes may be lost (see `endViewer()`). Later calls change nothing. */
  close(reason: PortholeError): void;
  /** Ends the TCP connection now, after `close()` and when nothing is unsent. */
  drop(): void;
}
