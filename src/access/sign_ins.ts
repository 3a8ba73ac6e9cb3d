/** Signed-in browsers. Each has a random cookie, of which the gateway keeps only the hash. */
import { delay } from "@std/async/delay";
import { ignoreUnsaved, type Store } from "../store/store.ts";
import type { CookieMethod, Proof } from "./access.ts";
import { Cap, refuseSurplus } from "./cap.ts";
import { hashToken, makeToken } from "./opaque_token.ts";

/** One signed-in browser. */
export interface SignIn {
  /** Hash of the cookie's value. */
  readonly id: string;
  readonly name: string;
  readonly by: CookieMethod;
  /** As in its proof. */
  readonly of?: string;
  /** Groups that the sign-in provider sent, where sources.yaml does not name the user. */
  readonly groups?: readonly string[];
  readonly createdMs: number;
  readonly lastUsedMs: number;
  /** The address that signed in. */
  readonly address: string;
  /** User-Agent of the browser, cut to 120 characters. */
  readonly userAgent: string;
}

/** How long a sign-in lasts: without use, and in all. */
export interface SignInLimits {
  readonly idleMs: number;
  readonly absoluteMs: number;
}

interface SignInsOptions {
  store: Store<SignIn>;
  limits: () => SignInLimits;
  /** Whether what the sign-in stands on is still there. The record stays otherwise, because that can come back. */
  stands?: (proof: Proof) => Promise<boolean>;
  now?: () => number;
}

/** The time of the last use is stored at most this often. */
const LAST_USED_GRAIN_MS = 60_000;
const USER_AGENT_MAX_CHARS = 120;
/** Sign-ins that are looked into in one turn of the event loop. */
const ASKED_AT_ONCE = 500;
/** Most sign-ins of one user, and of the guests of one link. */
const MOST_OF_ONE = 50;
/** Most sign-ins in all, and of guests together, so that links that are passed around keep no user out. */
const MOST = 10_000;
const MOST_GUESTS = 5_000;

/** What happens along with the beginning of a sign-in. */
interface Beginning {
  /** The browser's sign-in before, which then ends. */
  readonly replaces?: string | undefined;
  /** What the sign-in costs; if this rejects, it does not begin. */
  readonly pay?: () => Promise<void>;
}

/** All signed-in browsers. */
export class SignIns {
  readonly #store: Store<SignIn>;
  readonly #limits: () => SignInLimits;
  readonly #stands: (proof: Proof) => Promise<boolean>;
  readonly #now: () => number;
  readonly #cap = new Cap<SignIn>(() => this.#store.list());

  constructor({ store, limits, stands = () => Promise.resolve(true), now = Date.now }: SignInsOptions) {
    this.#store = store;
    this.#limits = limits;
    this.#stands = stands;
    this.#now = now;
  }

  /**
   * Begins a sign-in and returns the cookie's value, which is not kept. One that cannot be stored is valid until the next
   * restart, so that a full disk keeps nobody out.
   *
   * @throws PortholeError limit_reached when the user has too many; the browser's sign-in before then goes on.
   */
  async begin(
    details: Omit<SignIn, "id" | "createdMs" | "lastUsedMs">,
    { replaces, pay }: Beginning = {},
  ): Promise<string> {
    const value = makeToken();
    const at = this.#now();
    const userAgent = details.userAgent.slice(0, USER_AGENT_MAX_CHARS);
    const signIn = { ...details, userAgent, id: hashToken(value), createdMs: at, lastUsedMs: at };
    const check = (others: readonly SignIn[]) =>
      this.#requireRoom(signIn, others.filter((other) => other.id !== replaces && this.#lasts(other)));
    await this.#cap.admit([signIn.id, signIn], check, async () => {
      await pay?.();
      await this.#store.put(signIn.id, signIn, { ...this.#expiry(signIn), ifUnsaved: "accept" });
      if (replaces !== undefined) await this.end(replaces).catch(ignoreUnsaved);
    });
    return value;
  }

  /** The sign-in with this cookie, until it ends; asking counts as use. */
  find(value: string): Promise<SignIn | undefined> {
    return this.get(hashToken(value));
  }

  /** The sign-in with this id, until it ends; asking counts as use. */
  async get(id: string): Promise<SignIn | undefined> {
    const signIn = await this.#store.get(id);
    if (!signIn || !this.#lasts(signIn)) return undefined;
    if (this.#isUseNew(signIn)) this.#noteUse(id);
    return signIn;
  }

  /** Every picked sign-in that has not ended, newest first. */
  async list(pick: (signIn: SignIn) => boolean = () => true): Promise<SignIn[]> {
    const signIns = (await this.#store.list()).map(([, signIn]) => signIn);
    const standing = await this.#keepStanding(signIns.filter((signIn) => this.#lasts(signIn) && pick(signIn)));
    return standing.reverse().sort((a, b) => b.createdMs - a.createdMs);
  }

  /** Ends the sign-in with this id, if there is one. */
  async end(id: string): Promise<void> {
    await this.#store.delete(id);
  }

  async #requireRoom({ name, by }: SignIn, others: readonly SignIn[]): Promise<void> {
    const isGuest = by === "share_link";
    const own = await this.#keepStanding(others.filter((other) => other.name === name && other.by === by));
    if (own.length >= MOST_OF_ONE) {
      throw refuseSurplus(
        isGuest
          ? `This link is open in ${MOST_OF_ONE} browsers, which is the most: try again later, or ask for another link`
          : `You are signed in in ${MOST_OF_ONE} browsers, which is the most: sign out in one of them`,
      );
    }
    const guests = others.filter((other) => other.by === "share_link");
    if (others.length >= MOST || (isGuest && guests.length >= MOST_GUESTS)) {
      throw refuseSurplus("Too many browsers are signed in to this gateway: try again later");
    }
  }

  async #keepStanding(signIns: readonly SignIn[]): Promise<SignIn[]> {
    const standing: SignIn[] = [];
    for (let at = 0; at < signIns.length; at += ASKED_AT_ONCE) {
      if (at > 0) await delay(0);
      const asked = signIns.slice(at, at + ASKED_AT_ONCE);
      const stand = await Promise.all(asked.map((signIn) => this.#stands(proveSignIn(signIn))));
      standing.push(...asked.filter((_signIn, at) => stand[at]));
    }
    return standing;
  }

  /** Not awaited, so that no request waits for the disk. If storing fails, a use a minute later is stored. */
  #noteUse(id: string): void {
    const noted = this.#store.update(id, (signIn) => {
      if (!signIn || !this.#isUseNew(signIn)) return { result: undefined };
      const used = { ...signIn, lastUsedMs: this.#now() };
      return { result: undefined, put: used, ...this.#expiry(used), ifUnsaved: "accept" };
    });
    noted.catch(() => {});
  }

  #isUseNew({ lastUsedMs }: SignIn): boolean {
    return this.#now() - lastUsedMs >= LAST_USED_GRAIN_MS;
  }

  #lasts(signIn: SignIn): boolean {
    return this.#now() < this.#expiry(signIn).expiresAtMs;
  }

  /** Computed for each check, because the limits may have changed since the record was written. */
  #expiry({ createdMs, lastUsedMs }: SignIn): { expiresAtMs: number } {
    const { idleMs, absoluteMs } = this.#limits();
    return { expiresAtMs: Math.min(lastUsedMs + idleMs, createdMs + absoluteMs) };
  }
}

/** What a sign-in stands on. */
export function proveSignIn({ name, by, of, groups, createdMs }: SignIn): Proof {
  return { name, by, sinceMs: createdMs, ...(of !== undefined && { of }), ...(groups && { groups }) };
}
