/** Signing in with a name, a password and, for those who set it up, a code. */
import type { User } from "../config/config.ts";
import { PortholeError } from "../errors.ts";
import { memoize } from "../memoize.ts";
import type { ConnectLimit } from "./connect_limit.ts";
import { Lockout } from "./lockout.ts";
import { hashToken, makeToken } from "./opaque_token.ts";
import { makeDecoy, type PasswordCheck } from "./password.ts";
import type { AccessStores } from "./stores.ts";
import type { TwoFactor } from "./two_factor.ts";

/** Result of a right password: signed in, or a ticket with which the code is sent. */
export type FirstStep = { readonly user: User } | { readonly ticket: string };

/** The steps of signing in. */
export interface PasswordSignIn {
  /** @throws PortholeError sign_in_required for a wrong name or password, limit_reached when it is too early. */
  tryPassword(attempt: { name: string; password: string; address: string }): Promise<FirstStep>;
  /** @throws PortholeError sign_in_required for a wrong code or an expired ticket, limit_reached when it is too early. */
  tryCode(attempt: { ticket: string; code: string; address: string }): Promise<User>;
}

interface PasswordSignInOptions {
  users: () => ReadonlyMap<string, User>;
  check: PasswordCheck;
  twoFactor: TwoFactor;
  stores: Pick<AccessStores, "tickets" | "lockedAccounts" | "lockedAddresses">;
  /** Limits the tries of one address. */
  limit: () => ConnectLimit;
  now?: () => number;
}

/** Longer ones are cut: no user has them, and hashing them costs time. */
const PASSWORD_MAX_CHARS = 1024;
const NAME_MAX_CHARS = 64;
const TICKET_MS = 5 * 60_000;
/** Several users behind one address mistype more often than one. */
const FREE_OF_ACCOUNT = 5;
const FREE_OF_ADDRESS = 15;

/** Makes password sign-in. Wrong tries are counted by account, whether it exists or not, and by address. */
export function createPasswordSignIn(options: PasswordSignInOptions): PasswordSignIn {
  const { users, check, twoFactor, stores, limit, now = Date.now } = options;
  const byAccount = new Lockout({ store: stores.lockedAccounts, free: FREE_OF_ACCOUNT, now });
  const byAddress = new Lockout({ store: stores.lockedAddresses, free: FREE_OF_ADDRESS, now });
  const decoy = memoize(users, (now) => makeDecoy([...now.values()].map(({ passwordHash }) => passwordHash)));

  async function admit(name: string, address: string): Promise<void> {
    await byAccount.check(name);
    await byAddress.check(address);
    await limit().take(address);
  }

  /** The address comes first: tries that it may not make do not make the account wait. */
  async function judge(name: string, address: string, isRight: () => Promise<boolean>): Promise<boolean> {
    await byAddress.begin(address);
    await byAccount.begin(name);
    if (!await isRight()) return false;
    await byAccount.clear(name);
    await byAddress.clear(address);
    return true;
  }

  async function issueTicket(name: string): Promise<string> {
    const ticket = makeToken();
    await stores.tickets.put(hashToken(ticket), name, { expiresAtMs: now() + TICKET_MS });
    return ticket;
  }

  return {
    async tryPassword({ name, password, address }) {
      const account = name.slice(0, NAME_MAX_CHARS);
      await admit(account, address);
      const user = users().get(name);
      const hash = user?.passwordHash ?? decoy();
      const isRight = () => check.fits(password.slice(0, PASSWORD_MAX_CHARS), hash);
      const right = await judge(account, address, isRight);
      if (!right || !user || users().get(name)?.passwordHash !== hash) {
        throw refuse("The name or the password is wrong");
      }
      return await twoFactor.has(user) ? { ticket: await issueTicket(name) } : { user };
    },
    async tryCode({ ticket, code, address }) {
      const key = hashToken(ticket);
      const name = await stores.tickets.get(key);
      const user = name === undefined ? undefined : users().get(name);
      if (!user) throw refuse("The sign-in took too long: begin again with the password");
      await admit(user.name, address);
      const right = await judge(user.name, address, () => twoFactor.check(user, code));
      if (!right) throw refuse("The code is wrong or was already used");
      await stores.tickets.delete(key);
      return user;
    },
  };
}

function refuse(message: string): PortholeError {
  return new PortholeError("sign_in_required", message);
}
