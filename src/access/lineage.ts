/**
 * The lineage of credentials: a session may stand on a sign-in, that on a share link, and the link on a token. Each keeps
 * a proof of what it was made from, and every use follows the proofs down to the configuration as it is now. So whatever
 * is removed, changed, expired or narrowed there ends or narrows everything that stands on it, at any depth.
 */
import type { ApiToken, Config, Gateway, SignInMethods, User } from "../config/config.ts";
import { isOpenToAll, takesLoginLink } from "../config/exposure.ts";
import { PortholeError } from "../errors.ts";
import { memoize } from "../memoize.ts";
import type { Store } from "../store/store.ts";
import {
  ANYBODY,
  type Bounds,
  decideRole,
  type Holder,
  type Identity,
  isNamed,
  mayShare,
  type Method,
  type Proof,
} from "./access.ts";
import { type LoginLink, OWNER } from "./login_link.ts";
import { markHash, markProvider, markProxy, markSigner } from "./marks.ts";
import { createRangeTest } from "./peer.ts";
import type { ShareLink } from "./share_links.ts";
import { limitBounds } from "./signer_limits.ts";

/** Follows proofs. */
export interface Lineage {
  /** Whom the proof identifies now; undefined when anything that it stands on has ended. */
  find(proof: Proof): Promise<Holder | undefined>;
  /** Whether whoever made the link could make it now. */
  mayStillShare(link: ShareLink): Promise<boolean>;
}

interface LineageOptions {
  config: () => Config;
  links: Store<ShareLink>;
  loginLink: Pick<LoginLink, "mark">;
  now: () => number;
}

/** What decides whether a proof still stands. */
interface Present extends Pick<LineageOptions, "links" | "loginLink"> {
  readonly gateway: Gateway;
  readonly auth: SignInMethods & { readonly mode: "unset" | "methods" };
  readonly isTrustedProxy: (address: string) => boolean;
  readonly mayStillShare: Lineage["mayStillShare"];
  /** The mark of a part of the configuration, which is made once: sessions ask for it every two seconds. */
  readonly mark: <Part extends object>(part: Part, make: (part: Part) => string) => string;
}

type FindHolder = (proof: Proof, present: Present) => Promise<Holder | undefined> | Holder | undefined;

/** One function for each method. */
const FINDERS: Readonly<Record<Method, FindHolder>> = {
  open: (_proof, { gateway, auth }) => isOpenToAll(gateway, auth) ? ANYBODY : undefined,
  password: findUser,
  login_link: findOwner,
  share_link: findGuest,
  oidc: findProviderUser,
  proxy: findProxyUser,
  token: findProgram,
  jwt: findSigned,
};

/** Makes the lineage. */
export function createLineage({ config, links, loginLink, now }: LineageOptions): Lineage {
  const isTrusted = memoize(() => config().gateway.trustedProxies, createRangeTest);
  const mark = createMarkMemory();
  async function find(proof: Proof): Promise<Holder | undefined> {
    const { gateway, auth } = config();
    if (auth.mode === "none") return proof.by === "open" ? ANYBODY : undefined;
    // A later version may have stored it.
    if (!Object.hasOwn(FINDERS, proof.by)) return undefined;
    const isTrustedProxy = (address: string) => isTrusted()(address);
    const holder = await FINDERS[proof.by](proof, {
      gateway,
      auth,
      links,
      loginLink,
      isTrustedProxy,
      mayStillShare,
      mark,
    });
    return holder && now() < (holder.untilMs ?? Infinity) ? holder : undefined;
  }
  async function mayStillShare(link: ShareLink): Promise<boolean> {
    const { gateway, auth, sources } = config();
    const source = sources.get(link.source);
    if (!source || isOpenToAll(gateway, auth)) return source !== undefined;
    const proof = link.proof ?? recallProof(link);
    const maker = proof && await find(proof);
    if (!maker || !mayShare(maker)) return false;
    const role = decideRole(maker, source);
    return role !== null && (role === "control" || link.role === "view" || source.viewOnly);
  }
  return { find, mayStillShare };
}

function createMarkMemory(): Present["mark"] {
  const known = new WeakMap<object, string>();
  return (part, make) => {
    const mark = known.get(part) ?? make(part);
    known.set(part, mark);
    return mark;
  };
}

/** Why a session ends whose proof no longer stands. */
export function explainLoss({ proof: { by } }: Pick<Identity, "proof">): PortholeError {
  switch (by) {
    case "share_link":
      return new PortholeError("not_allowed", "The share link for this screen has ended");
    case "open":
      return new PortholeError("sign_in_required", "This gateway now requires sign-in");
    case "token":
      return new PortholeError("sign_in_required", "The token has expired or was revoked");
    case "jwt":
      return new PortholeError("sign_in_required", "The signer of this token was removed or changed");
    default:
      return new PortholeError("sign_in_required", "Your sign-in has ended: sign in again");
  }
}

/** Whether a proof stands on this. Those that earlier versions stored name less, and stand on the name alone. */
function isOf({ of }: Proof, mark: string): boolean {
  return of === undefined || of === mark;
}

function markUser({ passwordHash }: User): string {
  return markHash(passwordHash);
}

function markToken({ hash }: ApiToken): string {
  return markHash(hash);
}

function findUser(proof: Proof, { auth, mark }: Present): Holder | undefined {
  const user = auth.users.get(proof.name);
  if (!user || !isOf(proof, mark(user, markUser))) return undefined;
  return { name: user.name, groups: user.groups, admin: isNamed(user, auth.admins) };
}

async function findOwner(proof: Proof, { gateway, auth, loginLink }: Present): Promise<Holder | undefined> {
  const mark = takesLoginLink(gateway, auth) ? await loginLink.mark() : undefined;
  return mark !== undefined && isOf(proof, mark) ? OWNER : undefined;
}

/** The groups are those that the provider named when the user signed in. */
function findProviderUser(proof: Proof, { auth, mark }: Present): Holder | undefined {
  return auth.oidc && isOf(proof, mark(auth.oidc, markProvider)) ? findVouchedFor(proof, auth) : undefined;
}

function findProxyUser(proof: Proof, { auth, isTrustedProxy, mark }: Present): Holder | undefined {
  if (!auth.proxy || !isOf(proof, mark(auth.proxy, markProxy))) return undefined;
  return proof.via === undefined || isTrustedProxy(proof.via) ? findVouchedFor(proof, auth) : undefined;
}

/** Only the provider or the proxy knows of a user who left, so they have to vouch for the user again after a time. */
function findVouchedFor({ name, groups = [], sinceMs = 0 }: Proof, { admins, session }: SignInMethods): Holder {
  return { name, groups, admin: isNamed({ name, groups }, admins), untilMs: sinceMs + session.absoluteMs };
}

async function findGuest({ name, of = "" }: Proof, { links, mayStillShare }: Present): Promise<Holder | undefined> {
  const link = await links.get(of);
  if (!link || !await mayStillShare(link)) return undefined;
  const bounds = { sources: [link.source], role: link.role, guest: true, links: false };
  return { name, groups: [], admin: false, bounds, untilMs: link.expiresMs };
}

function findSigned(proof: Proof, { auth, mark }: Present): Holder | undefined {
  const { name, bounds = { sources: [] } } = proof;
  const signers = auth.signers.filter((signer) => isOf(proof, mark(signer, markSigner)));
  return signers.length > 0 ? { name, groups: [], admin: false, bounds: limitBounds(bounds, signers) } : undefined;
}

function findProgram(proof: Proof, { auth, mark }: Present): Holder | undefined {
  const token = auth.tokens.find((one) => nameToken(one) === proof.name && isOf(proof, mark(one, markToken)));
  if (!token) return undefined;
  const { groups, scopes, expiresAtMs } = token;
  const who = { name: nameToken(token), groups };
  const admin = scopes.includes("admin") || isNamed(who, auth.admins);
  const bounds = boundToken(token, admin);
  return { ...who, admin, bounds, ...(expiresAtMs !== undefined && { untilMs: expiresAtMs }) };
}

/** The name of a token as a sender of requests. */
export function nameToken({ name }: Pick<ApiToken, "name">): string {
  return `token:${name}`;
}

function boundToken({ scopes, sources }: ApiToken, admin: boolean): Bounds {
  const controls = admin || scopes.includes("control");
  const opens = controls || scopes.includes("view");
  return {
    ...(opens ? sources && { sources } : { sources: [] }),
    ...(!controls && { role: "view" as const }),
    links: admin || scopes.includes("links"),
    metrics: scopes.includes("metrics"),
  };
}

/** The proof of a link that an earlier version stored; undefined where that version did not note enough. */
function recallProof({ createdBy, byUser }: ShareLink): Proof | undefined {
  if (createdBy.startsWith("token:")) return { by: "token", name: createdBy };
  if (byUser) return { by: "password", name: createdBy };
  return createdBy === OWNER.name ? { by: "login_link", name: createdBy } : undefined;
}
