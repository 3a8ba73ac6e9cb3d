/** A server of public keys (RFC 7517), and the hand that signs with the private ones. */
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";

/** A pair of keys. */
export interface Signer {
  readonly kid: string;
  readonly alg: string;
  readonly key: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwk: JWK;
}

/** The server. */
export interface KeyServer extends AsyncDisposable {
  readonly url: string;
  /** How often it was asked. */
  readonly asked: number;
  /** What it answers from now on. */
  answer: () => Response | Promise<Response>;
}

/** Makes a pair of keys. */
export async function makeSigner(kid: string, alg = "ES256"): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, key: privateKey, publicKey, jwk: { ...await exportJWK(publicKey), kid, alg, use: "sig" } };
}

/** Serves the public keys of these signers. */
export function serveKeys(...signers: Signer[]): KeyServer {
  const stop = new AbortController();
  let asked = 0;
  const listener = { hostname: "127.0.0.1", port: 0, signal: stop.signal, onListen: () => {} };
  const served = Deno.serve(listener, () => {
    asked++;
    return server.answer();
  });
  const server: KeyServer = {
    url: `http://127.0.0.1:${served.addr.port}/keys`,
    get asked() {
      return asked;
    },
    answer: () => listKeys(...signers),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await served.finished;
    },
  };
  return server;
}

/** The answer that holds the public keys. */
export function listKeys(...signers: Signer[]): Response {
  return Response.json({ keys: signers.map(({ jwk }) => jwk) });
}

/** A signed token; a header of `undefined` is left out. */
export function sign({ key, kid, alg }: Signer, payload: JWTPayload, header: Record<string, unknown> = {}) {
  return new SignJWT(payload).setProtectedHeader({ alg, kid, ...header } as never).sign(key);
}
