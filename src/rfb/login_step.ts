/** The steps that only a login takes, beside reading and writing. */
import type { KeyObject } from "node:crypto";
import type { MessageOpener, MessageSealer } from "./sealed_messages.ts";
import type { Script, WireStep } from "./script.ts";

/** The RSA key that the gateway shows to sources: made once, since making one takes 80 to 300 ms. */
export interface ClientKey {
  readonly privateKey: KeyObject;
  /** As it goes over the wire: U32 length in bits, modulus, exponent. */
  readonly wire: Uint8Array<ArrayBuffer>;
}

/**
 * `start_tls`: from here on TLS, and the certificate has been judged; `check_key`: the RSA key, as on the wire, has
 * been judged; `client_key`: answered with the gateway's own; `seal`: from here on every byte is sealed both ways.
 */
export type LoginStep =
  | WireStep
  | { readonly do: "start_tls" }
  | { readonly do: "check_key"; readonly key: Uint8Array }
  | { readonly do: "client_key" }
  | { readonly do: "seal"; readonly opener: MessageOpener; readonly sealer: MessageSealer };

/** Turns the connection into TLS; whoever runs the script judges the certificate before it answers. */
export function* startTls(): Script<void, LoginStep> {
  yield { do: "start_tls" };
}

/** Has the source's RSA key judged. */
export function* checkKey(key: Uint8Array): Script<void, LoginStep> {
  yield { do: "check_key", key };
}

/** The gateway's own RSA key. */
export function* getClientKey(): Script<ClientKey, LoginStep> {
  return (yield { do: "client_key" }) as ClientKey;
}

/** Seals every later byte, both ways. */
export function* sealStream(opener: MessageOpener, sealer: MessageSealer): Script<void, LoginStep> {
  yield { do: "seal", opener, sealer };
}
