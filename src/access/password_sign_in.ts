/** Signing in with a name, a password and, for those who set it up, a code. */
import type { User } from "../config/config.ts";
import { PortholeError } from "../errors.ts";
import type { ConnectLimit } from "./connect_limit.ts";
import { Lockout } from "./lockout.ts";
import { hashToken, makeToken } from "./opaque_token.ts";
import { makeDecoy, type PasswordCheck } from "./password.ts";
import type { TwoFactor } from "./two_factor.ts";

/** What the first step came to: signed in, or a ticket for the second one. */
export type FirstStep = { readonly user: User } | { readonly ticket: string };

/** The two steps. */
export interface PasswordSignIn {
  /** @throws PortholeError sign_in_required for a wrong name or password, limit_reached when it is too early. */
  tryPassword(attempt: { name: string; password: string; address: string }): Promise<FirstStep>;
  /** @throws PortholeError likewise. */
  tryCode(attempt: { ticket: string; code: string; address: string }): Promise<User>;
}

interface PasswordSignInOptions {
  users: () => ReadonlyMap<string, User>;
  check: PasswordCheck;
  twoFactor: TwoFactor;
  /** Tries of one address. */
  limit: () => ConnectLimit;
  now?: () => number;
}

/** Longer ones are nobody's, and would only cost time. */
const PASSWORD_MAX_CHARS = 1024;
const NAME_MAX_CHARS = 64;
const TICKET_MS = 5 * 60_000;
const MOST_TICKETS = 1_000;
/** A family behind one address mistypes more often than one person. */
const FREE_OF_ACCOUNT = 5;
const FREE_OF_ADDRESS = 15;

/** Makes the two steps; wrong tries are counted by account, whether it exists or not, and by address. */
export function createPasswordSignIn(options: PasswordSignInOptions): PasswordSignIn {
  const { users, check, twoFactor, limit, now = Date.now } = options;
  const byAccount = new Lockout({ free: FREE_OF_ACCOUNT, now });
  const byAddress = new Lockout({ free: FREE_OF_ADDRESS, now });
  const tickets = new Map<string, { name: string; expiresMs: number }>();
  const decoy = memoizeDecoy(users);

  async function admit(name: string, address: string): Promise<void> {
    byAccount.check(name);
    byAddress.check(address);
    await limit().take(address);
  }

  /** Tries in flight count as wrong until they turn out right, so that many at once are no way around the wait. */
  async function judge(name: string, address: string, isRight: () => Promise<boolean>): Promise<boolean> {
    byAccount.fail(name);
    byAddress.fail(address);
    if (!await isRight()) return false;
    byAccount.clear(name);
    byAddress.clear(address);
    return true;
  }

  function issueTicket(name: string): string {
    const ticket = makeToken();
    tickets.set(hashToken(ticket), { name, expiresMs: now() + TICKET_MS });
    if (tickets.size > MOST_TICKETS) tickets.delete(tickets.keys().next().value!);
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
      return await twoFactor.has(user) ? { ticket: issueTicket(name) } : { user };
    },
    async tryCode({ ticket, code, address }) {
      const key = hashToken(ticket);
      const held = tickets.get(key);
      const user = held && now() < held.expiresMs ? users().get(held.name) : undefined;
      if (!user) throw refuse("That took too long: begin again with the password");
      await admit(user.name, address);
      const right = await judge(user.name, address, () => twoFactor.check(user, code));
      if (!right) throw refuse("The code is wrong, or was used before");
      tickets.delete(key);
      return user;
    },
  };
}

function memoizeDecoy(users: () => ReadonlyMap<string, User>): () => string {
  let [last, decoy] = [users(), ""];
  return () => {
    if (decoy === "" || users() !== last) {
      last = users();
      decoy = makeDecoy([...last.values()].map(({ passwordHash }) => passwordHash));
    }
    return decoy;
  };
}

function refuse(message: string): PortholeError {
  return new PortholeError("sign_in_required", message);
}
