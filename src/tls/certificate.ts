/** A certificate for a listener, and how it is read from PEM text. */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";

/** A certificate with its key, ready for `Deno.serve`. */
export interface CertificatePair {
  /** PEM text: the certificate, then its chain. */
  readonly cert: string;
  /** PEM text: the private key. Never logged. */
  readonly key: string;
  /** SHA-256 of the DER form, in upper-case hex pairs with colons, as browsers show it. */
  readonly fingerprint256: string;
  /** When it expires, in milliseconds since 1970. */
  readonly notAfterMs: number;
  /** PEM text of the local CA that signed it; only for certificates that Porthole made. */
  readonly caPem?: string;
  /** The local CA's fingerprint, as `fingerprint256`. */
  readonly caFingerprint256?: string;
}

/** Provides a listener's certificate, now and after each renewal. */
export interface CertificateSource {
  /** The newest usable pair. */
  readonly current: CertificatePair;
  /** Calls `fn` with each renewed pair; returns a function that unsubscribes. */
  subscribe(fn: (pair: CertificatePair) => void): () => void;
  /** Stops watching and renewing; may be called more than once. */
  close(): void;
}

/** Logs a message for the administrator. It must not contain a secret. */
export type Tell = (level: "info" | "warn", message: string) => void;

/** A certificate or key is unusable; the message names the file and the fix. */
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

/** The names and addresses that a certificate is valid for, as it spells them. */
export function readNames(pem: string): string[] {
  const names = parseCertificate(pem, "the certificate").subjectAltName?.split(", ") ?? [];
  return names.map((name) => name.replace(/^(DNS|IP Address):/, ""));
}

/** Reads a PEM private key. @throws CertificateError that names `path` */
function parsePrivateKey(pem: string, path: string): KeyObject {
  if (!/-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/.test(pem)) {
    throw new CertificateError(`${path} is not a PEM private key`);
  }
  if (pem.includes("ENCRYPTED")) {
    throw new CertificateError(`${path} is encrypted with a passphrase; remove the passphrase`);
  }
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new CertificateError(`${path} is a damaged PEM private key`, { cause });
  }
}

/** Reads a certificate with its key. @throws CertificateError when one is unusable or they do not match */
export function readPair(cert: string, key: string, paths: { cert: string; key: string }): CertificatePair {
  const leaf = parseCertificate(cert, paths.cert);
  if (!leaf.checkPrivateKey(parsePrivateKey(key, paths.key))) {
    throw new CertificateError(`${paths.key} is not the key of ${paths.cert}`);
  }
  return { cert, key, fingerprint256: leaf.fingerprint256, notAfterMs: Date.parse(leaf.validTo) };
}
