/** Sign-in with a name, a password and, with two-factor authentication, a code. */
import type { User } from "../config/config.ts";
import { PortholeError } from "../errors.ts";
import { memoize } from "../memoize.ts";
import type { ConnectLimit } from "./connect_limit.ts";
import { Lockout } from "./lockout.ts";
import { hashToken, makeToken } from "./opaque_token.ts";
import { makeDecoy, type PasswordCheck } from "./password.ts";
import type { AccessStores } from "./stores.ts";
import type { TwoFactor } from "./two_factor.ts";

/** Result of the right password: the user, or a ticket to send with the code. */
export type FirstStep = { readonly user: User } | { readonly ticket: string };

/** A name and a password that somebody sent, and from where. */
interface PasswordAttempt {
  readonly name: string;
  readonly password: string;
  readonly address: string;
}

/** The code that follows a right password. */
interface CodeAttempt {
  readonly ticket: string;
  readonly code: string;
  readonly address: string;
}

interface PasswordSignInOptions {
  users: () => ReadonlyMap<string, User>;
  check: PasswordCheck;
  twoFactor: TwoFactor;
  stores: Pick<AccessStores, "tickets" | "lockedAccounts" | "lockedAddresses">;
  /** Limits the attempts of one address. */
  limit: ConnectLimit;
  now?: () => number;
}

/** Longer passwords are cut, because hashing them costs time. */
const PASSWORD_MAX_CHARS = 1024;
const NAME_MAX_CHARS = 64;
const TICKET_MS = 5 * 60_000;
const FREE_OF_ACCOUNT = 5;
/** More than for an account, because several users may share an address. */
const FREE_OF_ADDRESS = 15;

/** Signs users in by password. Wrong tries are counted by account, whether it exists or not, and by address. */
export class PasswordSignIn {
  readonly #options: PasswordSignInOptions;
  readonly #now: () => number;
  readonly #byAccount: Lockout;
  readonly #byAddress: Lockout;
  /** What a password is compared with where no user has the name. */
  readonly #decoy: () => string;

  constructor(options: PasswordSignInOptions) {
    const { users, stores, now = Date.now } = options;
    this.#options = options;
    this.#now = now;
    this.#byAccount = new Lockout({ store: stores.lockedAccounts, free: FREE_OF_ACCOUNT, now });
    this.#byAddress = new Lockout({ store: stores.lockedAddresses, free: FREE_OF_ADDRESS, now });
    this.#decoy = memoize(users, (now) => makeDecoy([...now.values()].map(({ passwordHash }) => passwordHash)));
  }

  /** @throws PortholeError sign_in_required for a wrong name or password, limit_reached during a wait. */
  async tryPassword({ name, password, address }: PasswordAttempt): Promise<FirstStep> {
    const { users, check, twoFactor } = this.#options;
    const account = name.slice(0, NAME_MAX_CHARS);
    await this.#admit(account, address);
    const user = users().get(name);
    const hash = user?.passwordHash ?? this.#decoy();
    const isRight = () => check.fits(password.slice(0, PASSWORD_MAX_CHARS), hash);
    const right = await this.#judge(account, address, isRight);
    if (!right || !user || users().get(name)?.passwordHash !== hash) {
      throw refuse("The name or the password is wrong");
    }
    return await twoFactor.has(user) ? { ticket: await this.#issueTicket(name) } : { user };
  }

  /** @throws PortholeError sign_in_required for a wrong code or an expired ticket, limit_reached during a wait. */
  async tryCode({ ticket, code, address }: CodeAttempt): Promise<User> {
    const { users, twoFactor, stores } = this.#options;
    const key = hashToken(ticket);
    const name = await stores.tickets.get(key);
    const user = name === undefined ? undefined : users().get(name);
    if (!user) throw refuse("The sign-in took too long: begin again with the password");
    await this.#admit(user.name, address);
    const right = await this.#judge(user.name, address, () => twoFactor.check(user, code));
    if (!right) throw refuse("The code is wrong or was already used");
    await stores.tickets.delete(key);
    return user;
  }

  /** @throws PortholeError limit_reached */
  async #admit(name: string, address: string): Promise<void> {
    await this.#byAccount.check(name);
    await this.#byAddress.check(address);
    await this.#options.limit.take(address);
  }

  /** Checks the address first, so that a try that is refused for its address does not make the account wait. */
  async #judge(name: string, address: string, isRight: () => Promise<boolean>): Promise<boolean> {
    await this.#byAddress.begin(address);
    await this.#byAccount.begin(name);
    if (!await isRight()) return false;
    await this.#byAccount.clear(name);
    await this.#byAddress.clear(address);
    return true;
  }

  async #issueTicket(name: string): Promise<string> {
    const ticket = makeToken();
    await this.#options.stores.tickets.put(hashToken(ticket), name, { expiresAtMs: this.#now() + TICKET_MS });
    return ticket;
  }
}

function refuse(message: string): PortholeError {
  return new PortholeError("sign_in_required", message);
}
