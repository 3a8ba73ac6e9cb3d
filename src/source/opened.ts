import type { ByteStream } from "../bridge/byte_stream.ts";
import type { LoginWatch } from "../rfb/login_watch.ts";
import type { Stages } from "../rfb/stage.ts";

/** A source that is open for a viewer: what the pump needs, and what was spoken. */
export interface Opened {
  /** The stream to pump: the one dialed, or what TLS or RSA-AES made of it. Closing it closes everything below it. */
  readonly stream: ByteStream;
  /** Bytes already read from the source that the viewer must still get. */
  readonly downFirst?: Uint8Array<ArrayBuffer>;
  /** What the bytes go through; left out where they pass untouched. */
  readonly stages?: Stages;
  /** Given where the viewer logs in by itself: finds the first byte after that. */
  readonly login?: LoginWatch;
  /** "3.8" */
  readonly version: string;
  /** "VeNCrypt X509Plain"; what is offered, where the viewer chooses. */
  readonly security: string;
  /** Who carried out the login: the viewer, or the gateway. */
  readonly mode: "pass_through" | "login";
  /** What was spoken, for people: "RFB 3.8, VeNCrypt X509Plain". */
  readonly detail: string;
}
