/** Sign-ins of people: a random cookie in the browser, its hash and what belongs to it here. */
import type { Identity } from "./access.ts";
import { hashToken, makeToken } from "./opaque_token.ts";
import type { Store } from "./store.ts";

/** One sign-in as it is kept. */
export interface SignIn {
  /** Hash of the cookie's value. */
  readonly id: string;
  readonly name: string;
  readonly by: Identity["by"];
  /** What the sign-in depends on: the mark of a password's hash or of a provider, or the id of a share link. */
  readonly of?: string;
  /** Groups that came with the sign-in, where the file does not say them. */
  readonly groups?: readonly string[];
  readonly createdMs: number;
  readonly lastUsedMs: number;
  /** The address that signed in. */
  readonly address: string;
  /** What the browser calls itself, cut short. */
  readonly userAgent: string;
}

/** How long sign-ins last without use, and at most. */
export interface SignInLimits {
  readonly idleMs: number;
  readonly absoluteMs: number;
}

interface SignInsOptions {
  store: Store<readonly SignIn[]>;
  limits: () => SignInLimits;
  now?: () => number;
}

/** Use is written down no more often than this. */
const LAST_USED_GRAIN_MS = 60_000;
const AGENT_MAX_CHARS = 120;
/** Of one person; the oldest make place. */
const MOST_OF_ONE = 50;
/** In all; the oldest make place. */
const MOST = 10_000;

/** Knows every sign-in. */
export class SignIns {
  readonly #store: Store<readonly SignIn[]>;
  readonly #limits: () => SignInLimits;
  readonly #now: () => number;
  #byId: Map<string, SignIn>;

  constructor({ store, limits, now = Date.now }: SignInsOptions) {
    this.#store = store;
    this.#limits = limits;
    this.#now = now;
    this.#byId = new Map(store.value.map((signIn) => [signIn.id, signIn]));
  }

  /** Begins one and gives the cookie's value, which is not kept. */
  // deno-lint-ignore require-await
  async begin(details: Omit<SignIn, "id" | "createdMs" | "lastUsedMs">): Promise<string> {
    const value = makeToken();
    const at = this.#now();
    const userAgent = details.userAgent.slice(0, AGENT_MAX_CHARS);
    const begun = { ...details, userAgent, id: hashToken(value), createdMs: at, lastUsedMs: at };
    const standing = this.#list();
    const own = standing.filter(({ name }) => name === details.name);
    const kept = standing.filter((one) => own.indexOf(one) < MOST_OF_ONE - 1).slice(0, MOST - 1);
    this.#keep([begun, ...kept]);
    return value;
  }

  /** The sign-in of a cookie's value while it lasts; asking counts as use. */
  find(value: string): Promise<SignIn | undefined> {
    return this.get(hashToken(value));
  }

  /** The sign-in with this id while it lasts; asking counts as use. */
  // deno-lint-ignore require-await
  async get(id: string): Promise<SignIn | undefined> {
    const signIn = this.#byId.get(id);
    if (!signIn || !this.#lasts(signIn)) return undefined;
    const at = this.#now();
    if (at - signIn.lastUsedMs < LAST_USED_GRAIN_MS) return signIn;
    const used = { ...signIn, lastUsedMs: at };
    this.#keep(this.#list().map((one) => one.id === id ? used : one));
    return used;
  }

  /** Those that last, newest first. */
  list(): Promise<SignIn[]> {
    return Promise.resolve(this.#list());
  }

  /** Ends the sign-in with this id, if there is one. */
  // deno-lint-ignore require-await
  async end(id: string): Promise<void> {
    if (this.#byId.has(id)) this.#keep(this.#list().filter((signIn) => signIn.id !== id));
  }

  #list(): SignIn[] {
    return [...this.#byId.values()].filter((signIn) => this.#lasts(signIn));
  }

  #lasts({ createdMs, lastUsedMs }: SignIn): boolean {
    const { idleMs, absoluteMs } = this.#limits();
    const at = this.#now();
    return at - lastUsedMs < idleMs && at - createdMs < absoluteMs;
  }

  #keep(signIns: readonly SignIn[]): void {
    this.#byId = new Map(signIns.map((signIn) => [signIn.id, signIn]));
    this.#store.save(signIns);
  }
}
