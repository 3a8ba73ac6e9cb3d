/** Who may try a password, and when: wrong tries are counted where they came from. */
import type { ConnectLimit } from "./connect_limit.ts";
import type { Sender } from "./known_devices.ts";
import { Lockout, type TryCount } from "./lockout.ts";
import { SlowRate } from "./slow_rate.ts";
import type { AccessStores } from "./stores.ts";

interface PasswordTriesOptions {
  stores: Pick<AccessStores, "lockedAccounts" | "lockedAddresses" | "accountRates">;
  /** Limits the attempts of one address or device. */
  limit: ConnectLimit;
  now: () => number;
}

const FREE_OF_ACCOUNT = 5;
/** More than for an account, because several users may share an address. */
const FREE_OF_ADDRESS = 15;
/** Tries for one account from all addresses together: far more than a user makes, far fewer than guessing needs. */
const ACCOUNT_MOST = 50;
const ACCOUNT_INTERVAL_MS = 60_000;

/** A count, and the key under which it counts this try. */
type Counted = readonly [count: TryCount, key: string];

/**
 * Counts wrong passwords by account and address together, so that a stranger locks the account at the stranger's own
 * address only; by address, for one that tries many accounts; and slowly by account, for many addresses. A browser that
 * the account has signed in with before has a count of its own instead of these three, so that no stranger can lock it.
 * Names that do not exist are counted like others.
 */
export class PasswordTries {
  readonly #byPlace: Lockout;
  readonly #byAddress: Lockout;
  readonly #byAccount: SlowRate;
  readonly #limit: ConnectLimit;

  constructor({ stores, limit, now }: PasswordTriesOptions) {
    this.#byPlace = new Lockout({ store: stores.lockedAccounts, free: FREE_OF_ACCOUNT, now });
    this.#byAddress = new Lockout({ store: stores.lockedAddresses, free: FREE_OF_ADDRESS, now });
    const rate = { most: ACCOUNT_MOST, intervalMs: ACCOUNT_INTERVAL_MS };
    this.#byAccount = new SlowRate({ store: stores.accountRates, ...rate, now });
    this.#limit = limit;
  }

  /**
   * Checks a password unless it has to wait. A right one takes back the wrong tries of this account at this place, and
   * no others: whoever guesses the passwords of others cannot clear the count of an address with an account of their own.
   *
   * @throws PortholeError limit_reached
   */
  async judge(account: string, sender: Sender, isRight: () => Promise<boolean>): Promise<boolean> {
    const place = `${account} ${sender.device ?? sender.address}`;
    const counts = this.#listCounts(account, place, sender);
    for (const [count, key] of counts) await count.check(key);
    await this.#limit.take(sender.device ?? sender.address);
    if (!await runCounted(counts, isRight)) return false;
    const own = await this.#byPlace.count(place);
    await forgive(counts, own);
    return true;
  }

  #listCounts(account: string, place: string, { address, device }: Sender): Counted[] {
    const own: Counted = [this.#byPlace, place];
    return device === undefined ? [own, [this.#byAddress, address], [this.#byAccount, account]] : [own];
  }
}

/** Counts a try everywhere, then makes it. A try that is refused, or that cannot be checked, counts nowhere. */
async function runCounted(counts: readonly Counted[], isRight: () => Promise<boolean>): Promise<boolean> {
  const begun: Counted[] = [];
  try {
    for (const [count, key] of counts) {
      await count.begin(key);
      begun.push([count, key]);
    }
    return await isRight();
  } catch (thrown) {
    await forgive(begun, 1);
    throw thrown;
  }
}

async function forgive(counts: readonly Counted[], tries: number): Promise<void> {
  for (const [count, key] of counts) await count.forgive(key, tries);
}
