/** What every listener needs of a certificate, and the reading of one from PEM text. */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";

/** A certificate with its key, ready for `Deno.serve`. */
export interface CertificatePair {
  /** PEM text: the certificate, then the chain if there is one. */
  readonly cert: string;
  /** PEM text: the private key. Never logged. */
  readonly key: string;
  /** SHA-256 of the certificate in DER: upper-case hex pairs with colons, as browsers show it. */
  readonly fingerprint256: string;
  /** When it expires, in milliseconds since 1970. */
  readonly notAfterMs: number;
  /** PEM text of the local CA that signed it; only for certificates that Porthole made. */
  readonly caPem?: string;
  /** The local CA's fingerprint, as `fingerprint256`. */
  readonly caFingerprint256?: string;
}

/** Where the listener's certificate comes from, whoever makes it. */
export interface CertificateSource {
  /** The newest usable pair. */
  readonly current: CertificatePair;
  /** Calls `fn` with each renewed pair from now on; returns the way to stop. */
  subscribe(fn: (pair: CertificatePair) => void): () => void;
  /** Stops watching and renewing; may be called more than once. */
  close(): void;
}

/** Says something to the person who runs the gateway; the message holds no secret. */
export type Tell = (level: "info" | "warn", message: string) => void;

/** A certificate or key that cannot be used; the message names the file and what to do. */
export class CertificateError extends Error {
  override readonly name = "CertificateError";
}

/** Reads the first certificate of PEM text. @throws CertificateError that names `path` */
export function parseCertificate(pem: string, path: string): X509Certificate {
  if (!pem.includes("-----BEGIN CERTIFICATE-----")) throw new CertificateError(`${path} is not a PEM certificate`);
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw new CertificateError(`${path} is a damaged PEM certificate`, { cause });
  }
}

/** Reads a PEM private key. @throws CertificateError that names `path` */
function parsePrivateKey(pem: string, path: string): KeyObject {
  if (!/-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/.test(pem)) {
    throw new CertificateError(`${path} is not a PEM private key`);
  }
  if (pem.includes("ENCRYPTED")) {
    throw new CertificateError(`${path} is locked with a pass phrase; the gateway needs it without one`);
  }
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new CertificateError(`${path} is a damaged PEM private key`, { cause });
  }
}

/** Puts a certificate and its key together. @throws CertificateError when one is unusable or they do not match */
export function readPair(cert: string, key: string, paths: { cert: string; key: string }): CertificatePair {
  const leaf = parseCertificate(cert, paths.cert);
  if (!leaf.checkPrivateKey(parsePrivateKey(key, paths.key))) {
    throw new CertificateError(`${paths.key} is not the key of ${paths.cert}`);
  }
  return { cert, key, fingerprint256: leaf.fingerprint256, notAfterMs: Date.parse(leaf.validTo) };
}
