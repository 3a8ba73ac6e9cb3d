/** Secrets that the gateway makes: cookies, login links, API tokens, share links. It keeps only their hashes. */
import { createHash, timingSafeEqual } from "node:crypto";

/** 256 bits cannot be guessed, so a fast hash is enough. */
const TOKEN_BYTES = 32;

/** A new token: 43 characters of base64url, which are valid in a subprotocol (RFC 9110 section 5.6.2) and a fragment. */
export function makeToken(): string {
  return crypto.getRandomValues(new Uint8Array(TOKEN_BYTES)).toBase64({ alphabet: "base64url", omitPadding: true });
}

/** SHA-256 as 64 lower-case hex digits. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

/** Compares two hashes in a time that does not reveal where they differ. */
export function isSameHash(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(new TextEncoder().encode(a), new TextEncoder().encode(b));
}
