import type { ByteQueue } from "../bridge/byte_queue.ts";
import type { Need } from "../rfb/refusal.ts";
import type { Credentials } from "./credentials.ts";

/** What the handshake needs of a viewer. */
export interface HandshakeViewer {
  /** Whether the viewer may only watch, because of the source or because of the user. */
  readonly viewOnly: boolean;
  /** Whether somebody can be asked for credentials: on our own page. */
  readonly canAsk: boolean;
  /** What the viewer has sent. */
  readonly up: Pick<ByteQueue, "has" | "takeExactly">;
  /** Sends RFB bytes; they are copied. */
  send(bytes: Uint8Array<ArrayBuffer>): void;
  /**
   * Asks for credentials; `message` says what was wrong with the last ones.
   *
   * @throws PortholeError vnc_login_failed when nobody answers in time, or the signal's reason.
   */
  ask(fields: readonly Need[], signal: AbortSignal, message?: string): Promise<Credentials>;
  /** Called when the source has been dialed; more than once when the login is tried again. */
  noteConnected(): void;
}
