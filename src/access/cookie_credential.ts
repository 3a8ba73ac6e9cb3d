/** The credential of signed-in browsers: a cookie. */
import type { Auth, Config, Gateway } from "../config/config.ts";
import { takesLoginLink } from "../config/exposure.ts";
import { PortholeError } from "../errors.ts";
import { type Bounds, type CookieMethod, type Credential, type Identity, isNamed } from "./access.ts";
import { readCookie } from "./cookie.ts";
import { OWNER } from "./login_link.ts";
import { markProvider } from "./oidc.ts";
import { hashToken } from "./opaque_token.ts";
import type { Peer } from "./peer.ts";
import type { ShareLinks } from "./share_links.ts";
import type { SignIn, SignIns } from "./sign_ins.ts";

interface CookieCredentialOptions {
  config: () => Config;
  signIns: SignIns;
  links: ShareLinks;
}

/** The user or guest that a sign-in identifies. */
type Holder = Pick<Identity, "name" | "groups" | "admin"> & { readonly bounds?: Bounds };

/** What decides whether a sign-in is still valid. */
interface Present {
  readonly gateway: Gateway;
  readonly auth: Exclude<Auth, { mode: "none" }>;
  readonly links: ShareLinks;
}

/** Finds the holder of a sign-in; undefined when something that the sign-in depends on was removed or changed. */
type FindHolder = (signIn: SignIn, present: Present) => Promise<Holder | undefined> | Holder | undefined;

/** One function for each method that gives the browser a cookie. */
const HOLDERS: Readonly<Record<CookieMethod, FindHolder>> = {
  password: findUser,
  login_link: (_signIn, { gateway, auth }) => takesLoginLink(gateway, auth) ? OWNER : undefined,
  share_link: findGuest,
  oidc: findProviderUser,
};

/** Makes the credential. Ignores invalid cookies, because browsers send them regardless. */
export function createCookieCredential({ config, signIns, links }: CookieCredentialOptions): Credential {
  const findHolder = async (signIn: SignIn | undefined): Promise<Holder | undefined> => {
    const { gateway, auth } = config();
    return signIn && auth.mode !== "none" ? await HOLDERS[signIn.by](signIn, { gateway, auth, links }) : undefined;
  };
  return async (request, peer) => {
    const value = readCookie(request, { secure: isSecure(peer) });
    const signIn = value === undefined ? undefined : await signIns.find(value);
    const holder = await findHolder(signIn);
    if (!signIn || !holder) return null;
    const whyEnded = async () => await findHolder(await signIns.get(signIn.id)) ? undefined : explainEnd(signIn);
    return { ...holder, ambient: true, by: signIn.by, signIn: signIn.id, whyEnded };
  };
}

/** Whether the browser used https, directly or at a trusted proxy. */
export function isSecure(peer: Peer): boolean {
  return peer.origin.startsWith("https:");
}

/** What a sign-in with a password depends on: a new password ends it. */
export function markPassword(passwordHash: string): string {
  return hashToken(passwordHash).slice(0, 16);
}

function findUser({ name, of }: SignIn, { auth }: Present): Holder | undefined {
  const user = auth.users.get(name);
  if (!user || markPassword(user.passwordHash) !== of) return undefined;
  return { name, groups: user.groups, admin: isNamed(user, auth.admins) };
}

/** The groups are those that the provider sent when the user signed in. */
function findProviderUser({ name, of, groups = [] }: SignIn, { auth }: Present): Holder | undefined {
  if (!auth.oidc || of !== markProvider(auth.oidc)) return undefined;
  return { name, groups, admin: isNamed({ name, groups }, auth.admins) };
}

async function findGuest({ name, of = "" }: SignIn, { links }: Present): Promise<Holder | undefined> {
  const link = await links.get(of);
  if (!link) return undefined;
  const { source, role } = link;
  return { name, groups: [], admin: false, bounds: { sources: [source], role, guest: true, links: false } };
}

function explainEnd({ by }: SignIn): PortholeError {
  if (by === "share_link") return new PortholeError("not_allowed", "The share link for this screen has ended");
  return new PortholeError("sign_in_required", "Your sign-in has ended: sign in again");
}
