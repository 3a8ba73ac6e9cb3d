/** Steps that a login takes besides reading and writing. */
import type { KeyObject } from "node:crypto";
import type { MessageOpener, MessageSealer } from "./sealed_messages.ts";
import type { Script, WireStep } from "./script.ts";

/** The RSA key that the gateway sends to sources. One serves the whole process: making one takes 80 to 300 ms. */
export interface ClientKey {
  readonly privateKey: KeyObject;
  /** The public key on the wire: U32 length in bits, modulus, exponent. */
  readonly wire: Uint8Array<ArrayBuffer>;
}

/**
 * A step of a login. `start_tls` starts TLS and verifies the certificate; `check_key` verifies the source's RSA key, in
 * its wire form; `client_key` is answered with a `ClientKey`; `seal` encrypts every later byte in both directions. With
 * `peeks`, no login follows: nothing is kept of a certificate or key that is seen for the first time, and where possible
 * a look takes the place of the TLS handshake.
 */
export type LoginStep =
  | WireStep
  | { readonly do: "start_tls"; readonly peeks?: boolean }
  | { readonly do: "check_key"; readonly key: Uint8Array; readonly peeks?: boolean }
  | { readonly do: "client_key" }
  | { readonly do: "seal"; readonly opener: MessageOpener; readonly sealer: MessageSealer };

/** Starts TLS on the connection; the runner of the script verifies the certificate before it answers. */
export function* startTls(): Script<void, LoginStep> {
  yield { do: "start_tls" };
}

/** Has the runner verify the source's RSA key; `key` is its wire form: U32 length in bits, modulus, exponent. */
export function* checkKey(key: Uint8Array): Script<void, LoginStep> {
  yield { do: "check_key", key };
}

/** Gets the gateway's own RSA key. */
export function* getClientKey(): Script<ClientKey, LoginStep> {
  return (yield { do: "client_key" }) as ClientKey;
}

/** Encrypts every later byte in both directions. */
export function* sealStream(opener: MessageOpener, sealer: MessageSealer): Script<void, LoginStep> {
  yield { do: "seal", opener, sealer };
}

/** Runs the beginning of a login, up to where the source has proved its identity, and keeps nothing of it. */
export function* peekProof(login: Script<unknown, LoginStep>): Script<void, LoginStep> {
  for (let next = login.next(); !next.done;) {
    const step = next.value;
    if (step.do === "start_tls" || step.do === "check_key") {
      yield { ...step, peeks: true };
      return;
    }
    next = login.next(yield step);
  }
}
