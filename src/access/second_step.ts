/** Codes of two-factor authentication: wrong ones are counted by account, and a flood of them is told to its owner. */
import type { Store } from "../store/store.ts";
import type { Sender } from "./known_devices.ts";
import { Lockout, type WrongTries } from "./lockout.ts";

/** What the owner of an account should know. */
export interface CodeWarning {
  /** Number of wrong codes. */
  readonly wrong: number;
  readonly lastMs: number;
  /** Where the last one came from. */
  readonly address: string;
}

interface SecondStepOptions {
  stores: { readonly wrongCodes: Store<WrongTries>; readonly codeWarnings: Store<CodeWarning> };
  /** Called each time wrong codes make an account wait. */
  onLocked: (name: string, warning: CodeWarning) => void;
  now?: () => number;
}

/** Wrong codes before the first wait. */
const FREE = 5;
const FIRST_WAIT_MS = 5 * 60_000;
/** At 24 codes a day, of which three in a million are right, guessing one takes decades. */
const LONGEST_WAIT_MS = 60 * 60_000;
const FORGET_MS = 24 * 60 * 60_000;
/** How long the owner is warned, unless they say that they have seen it. */
const WARNING_MS = 30 * 24 * 60 * 60_000;

/**
 * Counts wrong codes under a key of their own: a right password does not clear them, only a right code. A browser that
 * the account has signed in with before has a count of its own, so that a stranger who has the password cannot lock it.
 * The counts survive a restart.
 */
export class SecondStep {
  readonly #options: SecondStepOptions;
  readonly #count: Lockout;
  readonly #now: () => number;

  constructor(options: SecondStepOptions) {
    const { stores, now = Date.now } = options;
    this.#options = options;
    this.#now = now;
    const waits = { free: FREE, firstWaitMs: FIRST_WAIT_MS, longestWaitMs: LONGEST_WAIT_MS, forgetMs: FORGET_MS };
    this.#count = new Lockout({
      ...waits,
      store: stores.wrongCodes,
      why: "Too many wrong codes for this account",
      now,
    });
  }

  /** @throws PortholeError limit_reached while codes of this account have to wait. */
  async check(name: string, sender: Sender): Promise<void> {
    await this.#count.check(makeKey(name, sender));
  }

  /**
   * Checks a code, but not during a wait. If `isRight` rejects, the attempt is not counted as a wrong code.
   *
   * @throws PortholeError limit_reached
   */
  async judge(name: string, sender: Sender, isRight: () => Promise<boolean>): Promise<boolean> {
    const key = makeKey(name, sender);
    const wrong = await this.#count.begin(key);
    const right = await isRight().catch(async (thrown) => {
      await this.#count.forgive(key, 1);
      throw thrown;
    });
    if (right) {
      await this.#count.forgive(key, Infinity);
      return true;
    }
    if (wrong >= FREE) await this.#warn(name, { wrong, lastMs: this.#now(), address: sender.address });
    return false;
  }

  /** What the user should know. */
  async findWarning(name: string): Promise<CodeWarning | undefined> {
    return await this.#options.stores.codeWarnings.get(name);
  }

  /** Forgets the warning: the user has seen it. */
  async dismissWarning(name: string): Promise<void> {
    await this.#options.stores.codeWarnings.delete(name);
  }

  async #warn(name: string, warning: CodeWarning): Promise<void> {
    this.#options.onLocked(name, warning);
    const expiresAtMs = warning.lastMs + WARNING_MS;
    await this.#options.stores.codeWarnings.put(name, warning, { expiresAtMs, ifUnsaved: "accept" });
  }
}

/** Names have no spaces. */
function makeKey(name: string, { device }: Sender): string {
  return device === undefined ? name : `${name} ${device}`;
}
