/**
 * Marks of what a proof stands on. They are kept with sign-ins and share links, and tell nothing of a secret. What is
 * changed has another mark, so it ends what stood on it.
 */
import type { OidcProvider, ProxySignIn, TokenSigner } from "../config/config.ts";
import { hashToken } from "./opaque_token.ts";

/** The mark of a password's or a token's hash. */
export function markHash(hash: string): string {
  return hashToken(hash).slice(0, 16);
}

/** The mark of a provider: every setting that decides who a user is and who may sign in. */
export function markProvider({ issuer, clientId, claims, groups, domains, users }: OidcProvider): string {
  return markHash(JSON.stringify([issuer, clientId, claims, [...groups ?? []], domains, users]));
}

/** The mark of the settings of sign-in by a proxy. */
export function markProxy(settings: ProxySignIn): string {
  return markHash(JSON.stringify(settings));
}

/** The mark of a signer: its key, and whose tokens for whom are accepted. */
export function markSigner({ key, issuer, audience }: TokenSigner): string {
  const text = key.kind === "secret" ? key.secret.reveal() : key.pem;
  return markHash(JSON.stringify([text, issuer, audience]));
}
