/** The credential of signed-in browsers: a cookie. */
import type { Credential } from "./access.ts";
import { readCookie } from "./cookie.ts";
import type { Lineage } from "./lineage.ts";
import type { Peer } from "./peer.ts";
import { proveSignIn, type SignIns } from "./sign_ins.ts";

interface CookieCredentialOptions {
  signIns: SignIns;
  lineage: Pick<Lineage, "find">;
}

/** Makes the credential. Ignores invalid cookies, because browsers send them regardless. */
export function createCookieCredential({ signIns, lineage }: CookieCredentialOptions): Credential {
  return async (request, peer) => {
    const value = readCookie(request, { secure: isSecure(peer) });
    const signIn = value === undefined ? undefined : await signIns.find(value);
    if (!signIn) return null;
    const proof = proveSignIn(signIn);
    const holder = await lineage.find(proof);
    return holder ? { ...holder, ambient: true, by: signIn.by, proof, signIn: signIn.id } : null;
  };
}

/** Whether the browser used https, directly or at a trusted proxy. */
export function isSecure(peer: Peer): boolean {
  return peer.origin.startsWith("https:");
}
