/** All sign-in methods, put together. */
import type { Config, User } from "../config/config.ts";
import { takesLoginLink } from "../config/exposure.ts";
import type { Stores } from "../store/store.ts";
import { type Access, createAccess, type Proof } from "./access.ts";
import { createBearerCredential } from "./bearer.ts";
import { type ConnectLimit, createConnectLimit } from "./connect_limit.ts";
import { createCookieCredential } from "./cookie_credential.ts";
import { KnownDevices } from "./known_devices.ts";
import { createLineage, explainLoss, type Lineage } from "./lineage.ts";
import { openLoginLink } from "./login_link.ts";
import type { Warn } from "./minute_log.ts";
import { OidcSignIn } from "./oidc.ts";
import { createPasswordCheck, type PasswordCheck } from "./password.ts";
import { PasswordSignIn } from "./password_sign_in.ts";
import { createProxyCredential } from "./proxy_sign_in.ts";
import { type AccessStores, openAccessStores } from "./stores.ts";
import { TokenGuesses } from "./token_guesses.ts";
import { TwoFactor } from "./two_factor.ts";
import { type CodeWarning, SecondStep } from "./second_step.ts";
import { ShareLinks } from "./share_links.ts";
import { SignIns } from "./sign_ins.ts";
import { createSignedTokenCredential } from "./signed_token.ts";

/** The parts of signing in that routes use. */
export interface Authentication {
  readonly access: Access;
  readonly signIns: SignIns;
  readonly links: ShareLinks;
  readonly twoFactor: TwoFactor;
  readonly secondStep: SecondStep;
  readonly devices: KnownDevices;
  readonly passwords: PasswordSignIn;
  readonly oidc: OidcSignIn;
  /** Limits the sign-in attempts of one address, with all methods together. */
  readonly signInLimit: ConnectLimit;
  /** Whether this is the token of the login link, and the link may be used. */
  isLoginToken(token: string): Promise<boolean>;
  /** Stops threads and timers; resolves when every change is stored. */
  close(): Promise<void>;
}

interface AuthenticationOptions {
  config: () => Config;
  warn: Warn;
  /** Where sign-ins, share links and lockouts are stored. */
  stores: Stores;
  /** Called each time wrong codes make an account wait. */
  onCodesLocked?: (name: string, warning: CodeWarning) => void;
  now?: () => number;
}

/** Makes every sign-in method. */
export function createAuthentication(
  { config, warn, stores, onCodesLocked = () => {}, now = Date.now }: AuthenticationOptions,
): Authentication {
  const kept = openAccessStores(stores);
  const loginLink = openLoginLink(stores);
  const lineage = createLineage({ config, links: kept.links, loginLink, now });
  const stands = async (proof: Proof) => await lineage.find(proof) !== undefined;
  const signIns = new SignIns({ store: kept.signIns, limits: () => readLimits(config()), stands, now });
  const links = new ShareLinks({ store: kept.links, mayStillShare: (link) => lineage.mayStillShare(link), now });
  const perMinute = () => config().limits.signInsPerMinute;
  const signInLimit = createConnectLimit({ perMinute, what: "sign-in attempts" });
  const tokenLimit = createConnectLimit({ perMinute, what: "wrong tokens" });
  const isLoginToken = async (token: string) => {
    const { gateway, auth } = config();
    return takesLoginLink(gateway, auth) && await loginLink.isToken(token);
  };
  const check = createPasswordCheck();
  const byPassword = createPasswordParts({
    users: () => readUsers(config()),
    kept,
    check,
    signInLimit,
    onCodesLocked,
    now,
  });
  const oidc = new OidcSignIn({ config, pending: kept.pendingSignOns, now });
  const access = assembleAccess({ config, warn, now, lineage, signIns, tokenLimit, isLoginToken });
  async function close(): Promise<void> {
    check.close();
    for (const limit of [signInLimit, tokenLimit]) limit.close();
    await stores.settled();
  }
  return { access, signIns, links, ...byPassword, oidc, signInLimit, isLoginToken, close };
}

interface PasswordParts extends Required<Pick<AuthenticationOptions, "onCodesLocked" | "now">> {
  readonly users: () => ReadonlyMap<string, User>;
  readonly kept: AccessStores;
  readonly check: PasswordCheck;
  readonly signInLimit: ConnectLimit;
}

/** Makes what concerns users with a password. */
function createPasswordParts({ users, kept: stores, check, signInLimit: limit, onCodesLocked, now }: PasswordParts) {
  const twoFactor = new TwoFactor({ stores, now });
  const secondStep = new SecondStep({ stores, onLocked: onCodesLocked, now });
  const devices = new KnownDevices({ store: stores.knownDevices, users, now });
  const passwords = new PasswordSignIn({ users, check, twoFactor, secondStep, devices, stores, limit, now });
  return { twoFactor, secondStep, devices, passwords };
}

interface AccessParts extends Pick<AuthenticationOptions, "config" | "warn">, Pick<Authentication, "isLoginToken"> {
  readonly now: () => number;
  readonly lineage: Lineage;
  readonly signIns: SignIns;
  readonly tokenLimit: ConnectLimit;
}

function assembleAccess({ config, warn, now, lineage, signIns, tokenLimit, isLoginToken }: AccessParts): Access {
  return createAccess({
    config,
    credentials: [
      createSignedTokenCredential({ config, lineage }),
      createBearerCredential({ config, lineage, isLoginToken, guesses: new TokenGuesses(tokenLimit) }),
      createProxyCredential({ config, lineage, warn, now }),
      createCookieCredential({ signIns, lineage }),
    ],
    renew: async (identity) => {
      const isSignedIn = identity.signIn === undefined || await signIns.get(identity.signIn) !== undefined;
      return isSignedIn && await lineage.find(identity.proof) || explainLoss(identity);
    },
  });
}

function readLimits({ auth }: Config) {
  return auth.mode === "none" ? { idleMs: 0, absoluteMs: 0 } : auth.session;
}

const NOBODY: ReadonlyMap<string, User> = new Map();

function readUsers({ auth }: Config) {
  return auth.mode === "none" ? NOBODY : auth.users;
}
