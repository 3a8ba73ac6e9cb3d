/** Everything that signing in is made of, put together. */
import { join } from "node:path";
import type { Config, User } from "../config/config.ts";
import type { Access } from "./access.ts";
import { createBearerCredential } from "./bearer.ts";
import { type ConnectLimit, createConnectLimit } from "./connect_limit.ts";
import { createCookieCredential } from "./cookie_credential.ts";
import { createAccess } from "./create_access.ts";
import { isLoginToken } from "./login_link.ts";
import { createOidcSignIn, type OidcSignIn } from "./oidc.ts";
import { createPasswordCheck } from "./password.ts";
import { createPasswordSignIn, type PasswordSignIn } from "./password_sign_in.ts";
import { decideRole, isNamed } from "./policy.ts";
import { createProxyCredential, type Warn } from "./proxy_sign_in.ts";
import { TwoFactor, type TwoFactorSecret } from "./two_factor.ts";
import { type ShareLink, ShareLinks } from "./share_links.ts";
import { type SignIn, SignIns } from "./sign_ins.ts";
import { createSignedTokenCredential } from "./signed_token.ts";
import { createMemoryStore, openFileStore, type Store } from "./store.ts";

/** What signing in remembers across restarts. */
export interface AuthenticationStores {
  readonly signIns: Store<readonly SignIn[]>;
  readonly links: Store<readonly ShareLink[]>;
  readonly twoFactor: Store<Readonly<Record<string, TwoFactorSecret>>>;
}

/** Signing in, for the routes. */
export interface Authentication {
  readonly access: Access;
  readonly signIns: SignIns;
  readonly links: ShareLinks;
  readonly twoFactor: TwoFactor;
  readonly passwords: PasswordSignIn;
  readonly oidc: OidcSignIn;
  /** Tries of one address with any method. */
  signInLimit(): ConnectLimit;
  isLoginToken(token: string): Promise<boolean>;
  /** Lets go of threads and timers. */
  close(): void;
}

interface AuthenticationOptions {
  config: () => Config;
  /** Tells whoever reads the log. */
  warn: Warn;
  stores?: AuthenticationStores;
  now?: () => number;
}

/** Stores that end with the process. */
export function createMemoryStores(): AuthenticationStores {
  return { signIns: createMemoryStore([]), links: createMemoryStore([]), twoFactor: createMemoryStore({}) };
}

/** Stores in the data folder; `onFailure` is told what could not be written. */
export function openFileStores(dataDir: string, onFailure: (cause: unknown) => void = () => {}): AuthenticationStores {
  const open = <T>(name: string, initial: T) => openFileStore(join(dataDir, name), initial, onFailure);
  return {
    signIns: open<readonly SignIn[]>("sign-ins.json", []),
    links: open<readonly ShareLink[]>("links.json", []),
    twoFactor: open<Readonly<Record<string, TwoFactorSecret>>>("second-steps.json", {}),
  };
}

/** Puts it together. */
export function createAuthentication(
  { config, warn, stores = createMemoryStores(), now = Date.now }: AuthenticationOptions,
): Authentication {
  const signIns = new SignIns({ store: stores.signIns, limits: () => readLimits(config()), now });
  const links = new ShareLinks({ store: stores.links, mayStillShare: (link) => mayStillShare(link, config()), now });
  const twoFactor = new TwoFactor({ store: stores.twoFactor, now });
  const signInLimit = keepLimit(() => config().limits.signInsPerMinute);
  const isToken = (token: string) => Promise.resolve(isLoginToken(config().gateway.dataDir, token));
  const check = createPasswordCheck();
  const passwords = createPasswordSignIn({
    users: () => readUsers(config()),
    check,
    twoFactor,
    limit: signInLimit,
    now,
  });
  const oidc = createOidcSignIn({ config, now });
  const access = createAccess({
    config,
    credentials: [
      createSignedTokenCredential(config),
      createBearerCredential({ config, isLoginToken: isToken, now }),
      createProxyCredential({ config, warn, now }),
      createCookieCredential({ config, signIns, links }),
    ],
  });
  function close(): void {
    check.close();
    signInLimit().close();
  }
  return { access, signIns, links, twoFactor, passwords, oidc, signInLimit, isLoginToken: isToken, close };
}

function readLimits({ auth }: Config) {
  return auth.mode === "none" ? { idleMs: 0, absoluteMs: 0 } : auth.session;
}

const NOBODY: ReadonlyMap<string, User> = new Map();

function readUsers({ auth }: Config) {
  return auth.mode === "none" ? NOBODY : auth.users;
}

/**
 * Whether a link's creator could still open what it gives. Creators that the file does not name came by the login link or
 * from elsewhere: their links end by time or by being revoked.
 */
function mayStillShare(link: ShareLink, { auth, sources }: Config): boolean {
  const source = sources.get(link.source);
  if (!source || auth.mode === "none") return source !== undefined;
  const user = auth.users.get(link.createdBy);
  if (!user) return !link.byUser;
  const role = decideRole({ name: user.name, groups: user.groups, admin: isNamed(user, auth.admins) }, source);
  return role !== null && (role === "control" || link.role === "view" || source.viewOnly);
}

/** A limit that begins anew when its number changes. */
function keepLimit(perMinute: () => number): () => ConnectLimit {
  let last = perMinute();
  let limit = createConnectLimit({ perMinute: last, what: "tries to sign in" });
  return () => {
    const now = perMinute();
    if (now !== last) limit = createConnectLimit({ perMinute: last = now, what: "tries to sign in" });
    return limit;
  };
}
