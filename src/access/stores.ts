/** The kinds of record that signing in keeps. */
import { z } from "zod";
import type { Store, Stores } from "../store/store.ts";
import type { KnownDevice } from "./known_devices.ts";
import type { WrongTries } from "./lockout.ts";
import type { PendingSignOn } from "./oidc.ts";
import type { ShareLink } from "./share_links.ts";
import type { CodeWarning } from "./second_step.ts";
import type { SignIn } from "./sign_ins.ts";
import type { Level } from "./slow_rate.ts";
import type { TwoFactorSecret } from "./two_factor.ts";

/** What the right password gave, until the code comes. */
export interface Ticket {
  readonly name: string;
  /** The mark of the password's hash: the ticket ends with the password. */
  readonly of: string;
  /** The browser or the address that sent the password. */
  readonly from: string;
}

/** One store for each kind. */
export interface AccessStores {
  /** By the hash of the cookie. */
  readonly signIns: Store<SignIn>;
  /** By the id of the link. */
  readonly links: Store<ShareLink>;
  /** By user name. */
  readonly twoFactor: Store<TwoFactorSecret>;
  /** Secrets of setups that are not confirmed yet, by user name. */
  readonly twoFactorOffers: Store<string>;
  /** Of users who gave the right password but not yet the code, by the hash of the ticket. */
  readonly tickets: Store<Ticket>;
  /** By the hash of the cookie. */
  readonly knownDevices: Store<KnownDevice>;
  /** By user name, whether the user exists or not, and address or known browser. */
  readonly lockedAccounts: Store<WrongTries>;
  readonly lockedAddresses: Store<WrongTries>;
  /** By a bucket for user names. */
  readonly accountRates: Store<Level>;
  /** By user name, and known browser. */
  readonly wrongCodes: Store<WrongTries>;
  /** By user name. */
  readonly codeWarnings: Store<CodeWarning>;
  /** Authorization code flows that wait for the provider's response, by state. */
  readonly pendingSignOns: Store<PendingSignOn>;
}

const ROLE = z.enum(["view", "control"]);

/** A proof of a method that this version does not know stands on nothing: see lineage.ts. */
const PROOF = z.looseObject({
  by: z.string(),
  name: z.string(),
  of: z.string().optional(),
  groups: z.array(z.string()).optional(),
  sinceMs: z.number().optional(),
  via: z.string().optional(),
});

/** What the files must contain at least. A file from a version with other fields would otherwise fail at each use. */
const VALUES = {
  signIn: z.looseObject({
    id: z.string(),
    name: z.string(),
    by: z.enum(["password", "login_link", "share_link", "oidc"]),
    of: z.string().optional(),
    groups: z.array(z.string()).optional(),
    createdMs: z.number(),
    lastUsedMs: z.number(),
    address: z.string(),
    userAgent: z.string(),
  }),
  link: z.looseObject({
    id: z.string(),
    hash: z.string(),
    source: z.string(),
    role: ROLE,
    label: z.string(),
    createdBy: z.string(),
    proof: PROOF.optional(),
    createdMs: z.number(),
    expiresMs: z.number(),
    usesLeft: z.number().nullable(),
  }),
  knownDevice: z.looseObject({ name: z.string(), of: z.string(), signIn: z.string(), usedMs: z.number() }),
  wrongTries: z.looseObject({ wrong: z.number(), lastMs: z.number() }),
  codeWarning: z.looseObject({ wrong: z.number(), lastMs: z.number(), address: z.string() }),
  twoFactor: z.looseObject({ secret: z.string().optional(), lastStep: z.number() }),
};

function isOf(schema: z.ZodType): (value: unknown) => boolean {
  return (value) => schema.safeParse(value).success;
}

/**
 * Opens the stores. Lockouts are transient although a restart forgets them: they last 15 minutes at most, and writing a
 * file for each wrong password would let strangers keep the disk busy. Wrong codes are stored, because only those who
 * have the password can send them.
 */
export function openAccessStores(stores: Stores): AccessStores {
  return {
    signIns: stores.open("signed-in-browsers", { isValid: isOf(VALUES.signIn) }),
    links: stores.open("share-links", { isValid: isOf(VALUES.link) }),
    twoFactor: stores.open("two-factor", { precious: true, isValid: isOf(VALUES.twoFactor) }),
    twoFactorOffers: stores.open("two-factor-offers", { transient: true }),
    tickets: stores.open("sign-in-tickets", { transient: true }),
    knownDevices: stores.open("known-browsers", { isValid: isOf(VALUES.knownDevice) }),
    lockedAccounts: stores.open("locked-accounts", { transient: true, most: 10_000 }),
    lockedAddresses: stores.open("locked-addresses", { transient: true, most: 10_000 }),
    accountRates: stores.open("account-rates", { transient: true }),
    wrongCodes: stores.open("wrong-codes", { isValid: isOf(VALUES.wrongTries) }),
    codeWarnings: stores.open("code-warnings", { isValid: isOf(VALUES.codeWarning) }),
    pendingSignOns: stores.open("pending-sign-ons", { transient: true }),
  };
}
