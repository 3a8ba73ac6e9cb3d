import type { ByteStream } from "../bridge/byte_stream.ts";
import type { LoginWatch } from "../rfb/login_watch.ts";
import type { Stages } from "../rfb/stage.ts";

/** A source that is open for a viewer: the stream and stages for the pump, and what was negotiated. */
export interface Opened {
  /** The stream to pump: the dialed one, or the plain stream inside TLS or RSA-AES. Closing it closes all of them. */
  readonly stream: ByteStream;
  /** Bytes already read from the source that the viewer must still get. */
  readonly downFirst?: Uint8Array<ArrayBuffer>;
  /** Stages that the bytes pass; absent if they pass unchanged. */
  readonly stages?: Stages;
  /** Present if the viewer logs in itself: finds the first byte after its login. */
  readonly login?: LoginWatch;
  /** Called when the source seems to ask its user during the viewer's own login. */
  readonly noteAsking?: () => void;
  /** "3.8" */
  readonly version: string;
  /** "VeNCrypt X509Plain"; the offered types if the viewer chooses. */
  readonly security: string;
  /** Who carried out the login: the viewer, or the gateway. */
  readonly mode: "pass_through" | "login";
  /** Version and security, for people: "RFB 3.8, VeNCrypt X509Plain". */
  readonly detail: string;
}
