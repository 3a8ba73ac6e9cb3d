/** Tokens of websockify's token files. They are secrets: beyond the file there are only their hashes. */
import { createHash } from "node:crypto";

/** Digits of the hash in a name: enough for each token to have a name of its own. */
const NAME_DIGITS = 12;

/** What stands for a token. */
export interface TokenMark {
  /** The name of the token's source in lists, logs and metrics: `token-3f2a9c81d07b`. It does not open the source. */
  readonly name: string;
  /** SHA-256 of the token, 64 lower-case hex digits. */
  readonly tokenHash: string;
}

/** The name and the hash that stand for a token. */
export function markToken(token: string): TokenMark {
  const tokenHash = createHash("sha256").update(token).digest("hex");
  return { name: `token-${tokenHash.slice(0, NAME_DIGITS)}`, tokenHash };
}
