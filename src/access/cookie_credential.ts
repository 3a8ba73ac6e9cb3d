/** Who a cookie speaks for, as long as what the sign-in depends on stands. */
import type { Config, OidcProvider } from "../config/config.ts";
import { takesLoginLink } from "../config/exposure.ts";
import { PortholeError } from "../errors.ts";
import type { Bounds, Credential, Identity } from "./access.ts";
import { describeOwner } from "./bearer.ts";
import { readCookie } from "./cookie.ts";
import { hashToken } from "./opaque_token.ts";
import { markProvider } from "./oidc.ts";
import type { Peer } from "./peer.ts";
import { isNamed } from "./policy.ts";
import type { ShareLinks } from "./share_links.ts";
import type { SignIn, SignIns } from "./sign_ins.ts";

interface CookieCredentialOptions {
  config: () => Config;
  signIns: SignIns;
  links: ShareLinks;
}

/** Somebody without what only the credential knows. */
type Standing = Pick<Identity, "name" | "groups" | "admin"> & { readonly bounds?: Bounds };

/** Makes the credential of cookies. A cookie that does not count is as none: the browser cannot help sending it. */
export function createCookieCredential({ config, signIns, links }: CookieCredentialOptions): Credential {
  const stand = async (signIn: SignIn | undefined) => signIn && await findStanding(signIn, config(), links);
  return async (request, peer) => {
    const value = readCookie(request, { secure: isSecure(peer) });
    const signIn = value === undefined ? undefined : await signIns.find(value);
    const standing = await stand(signIn);
    if (!signIn || !standing) return null;
    const whyEnded = async () => await stand(await signIns.get(signIn.id)) ? undefined : explainEnd(signIn);
    return { ...standing, ambient: true, by: signIn.by, signIn: signIn.id, whyEnded };
  };
}

/** Whether the browser used https: what a trusted proxy says counts. */
export function isSecure(peer: Peer): boolean {
  return peer.origin.startsWith("https:");
}

/** What a sign-in with a password depends on: another password ends it. */
export function markPassword(passwordHash: string): string {
  return hashToken(passwordHash).slice(0, 16);
}

/** Who a sign-in is, now: undefined when the person, the link or the method is gone. */
async function findStanding(signIn: SignIn, config: Config, links: ShareLinks): Promise<Standing | undefined> {
  const { gateway, auth } = config;
  if (auth.mode === "none") return undefined;
  if (signIn.by === "login_link") {
    return takesLoginLink(gateway, auth) ? describeOwner(() => Promise.resolve(undefined)) : undefined;
  }
  if (signIn.by === "share_link") return await describeGuest(signIn, links);
  if (signIn.by === "oidc") return auth.oidc && describeForeigner(signIn, auth.oidc, auth.admins);
  if (signIn.by !== "password") return undefined;
  const user = auth.users.get(signIn.name);
  if (!user || markPassword(user.passwordHash) !== signIn.of) return undefined;
  const { name, groups } = user;
  return { name, groups, admin: isNamed(user, auth.admins) };
}

/** Somebody whom a provider knows, with the groups of the day of the sign-in. */
function describeForeigner(
  { name, of, groups = [] }: SignIn,
  provider: OidcProvider,
  admins: readonly string[],
): Standing | undefined {
  return of === markProvider(provider) ? { name, groups, admin: isNamed({ name, groups }, admins) } : undefined;
}

async function describeGuest({ name, of = "" }: SignIn, links: ShareLinks): Promise<Standing | undefined> {
  const link = await links.get(of);
  if (!link) return undefined;
  const { source, role } = link;
  return { name, groups: [], admin: false, bounds: { sources: [source], role, guest: true, links: false } };
}

function explainEnd({ by }: SignIn): PortholeError {
  if (by === "share_link") return new PortholeError("not_allowed", "The link that opened this has ended");
  return new PortholeError("sign_in_required", "Your sign-in has ended: sign in again");
}
