import type { ByteQueue } from "../bridge/byte_queue.ts";
import type { Need } from "../rfb/refusal.ts";
import type { Credentials } from "./credentials.ts";

/** The part of a viewer that the handshake needs. */
export interface HandshakeViewer {
  /** Whose wrong passwords are counted together: a user, or an address. */
  readonly sender: string;
  /** Whether the session is view-only, because of the source or because of the user. */
  readonly viewOnly: boolean;
  /** Whether the user can be asked for credentials, as on our own page. */
  readonly canAsk: boolean;
  /** Whether the page is a secure context (W3C Secure Contexts), without which noVNC speaks fewer security types. */
  readonly hasSecureContext: boolean;
  /** The bytes that the viewer has sent. */
  readonly up: Pick<ByteQueue, "has" | "takeExactly">;
  /** Sends RFB bytes; they are copied. */
  send(bytes: Uint8Array<ArrayBuffer>): void;
  /**
   * Asks for credentials; `message` says why the last ones were refused.
   *
   * @throws PortholeError vnc_login_failed when nobody answers in time, or the signal's reason.
   */
  ask(fields: readonly Need[], signal: AbortSignal, message?: string): Promise<Credentials>;
  /** Called when the source has been dialed; more than once when the login is tried again. */
  noteConnected(): void;
  /** Called when the source does not go on: its user may have to accept the viewer. */
  noteAsking(): void;
  /** Called when the source has let the gateway in: it may have ended other connections for this one. */
  noteEntered(): void;
  /** Called when a text of the viewer's clipboard is dropped because it is too long. */
  noteTextDropped(bytes: number): void;
}
