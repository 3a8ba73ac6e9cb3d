/** Sign-in with a name, a password and, with two-factor authentication, a code. */
import type { User } from "../config/config.ts";
import { PortholeError } from "../errors.ts";
import { memoize } from "../memoize.ts";
import type { ConnectLimit } from "./connect_limit.ts";
import type { KnownDevices, Sender } from "./known_devices.ts";
import { markHash } from "./marks.ts";
import { hashToken, makeToken } from "./opaque_token.ts";
import { makeDecoy, type PasswordCheck } from "./password.ts";
import { PasswordTries } from "./password_tries.ts";
import type { SecondStep } from "./second_step.ts";
import type { AccessStores, Ticket } from "./stores.ts";
import type { TwoFactor } from "./two_factor.ts";

/** Result of the right password: the user, or a ticket to send with the code. */
export type FirstStep = { readonly user: User } | { readonly ticket: string };

/** Where an attempt comes from. */
interface AttemptFrom {
  readonly address: string;
  /** The cookie by which the browser of a user is known. */
  readonly readDevice: (name: string) => string | undefined;
}

/** A name and a password that somebody sent. */
interface PasswordAttempt extends AttemptFrom {
  readonly name: string;
  readonly password: string;
}

/** The code that follows a right password. */
interface CodeAttempt extends AttemptFrom {
  readonly ticket: string;
  readonly code: string;
}

interface PasswordSignInOptions {
  users: () => ReadonlyMap<string, User>;
  check: PasswordCheck;
  twoFactor: TwoFactor;
  secondStep: SecondStep;
  devices: KnownDevices;
  stores: Pick<AccessStores, "tickets" | "lockedAccounts" | "lockedAddresses" | "accountRates">;
  /** Limits the attempts of one address, or of one known browser. */
  limit: ConnectLimit;
  now?: () => number;
}

/** Longer passwords are cut, because hashing them costs time. */
const PASSWORD_MAX_CHARS = 1024;
const NAME_MAX_CHARS = 64;
const TICKET_MS = 5 * 60_000;
/** Most tickets of one user at one sender, who trades the oldest for a further one: no stranger ends a user's ticket. */
const TICKETS_OF_ONE = 10;

/** Signs users in by password. */
export class PasswordSignIn {
  readonly #options: PasswordSignInOptions;
  readonly #now: () => number;
  readonly #tries: PasswordTries;
  /** What a password is compared with where no user has the name. */
  readonly #decoy: () => string;

  constructor(options: PasswordSignInOptions) {
    const { users, stores, limit, now = Date.now } = options;
    this.#options = options;
    this.#now = now;
    this.#tries = new PasswordTries({ stores, limit, now });
    this.#decoy = memoize(users, (now) => makeDecoy([...now.values()].map(({ passwordHash }) => passwordHash)));
  }

  /** @throws PortholeError sign_in_required for a wrong name or password, limit_reached during a wait. */
  async tryPassword({ name, password, ...from }: PasswordAttempt): Promise<FirstStep> {
    const { users, check, twoFactor, secondStep } = this.#options;
    const sender = await this.#findSender(name, from);
    const user = users().get(name);
    const hash = user?.passwordHash ?? this.#decoy();
    const on = { sender: sender.device ?? sender.address, isKnown: sender.device !== undefined };
    const isRight = () => check.fits(password.slice(0, PASSWORD_MAX_CHARS), hash, on);
    const right = await this.#tries.judge(name.slice(0, NAME_MAX_CHARS), sender, isRight);
    if (!right || !user || users().get(name)?.passwordHash !== hash) {
      throw refuse("The name or the password is wrong");
    }
    if (!await twoFactor.has(user)) return { user };
    await secondStep.check(name, sender);
    return { ticket: await this.#issueTicket({ name, of: markHash(hash), from: on.sender }) };
  }

  /** @throws PortholeError sign_in_required for a wrong code or an expired ticket, limit_reached during a wait. */
  async tryCode({ ticket, code, ...from }: CodeAttempt): Promise<User> {
    const { users, twoFactor, secondStep, stores, limit } = this.#options;
    const name = await this.findName(ticket);
    const user = name === undefined ? undefined : users().get(name);
    if (!user) throw refuse("The sign-in took too long: begin again with the password");
    const sender = await this.#findSender(user.name, from);
    await secondStep.check(user.name, sender);
    await limit.take(sender.device ?? sender.address);
    const right = await secondStep.judge(user.name, sender, () => twoFactor.check(user, code));
    if (!right) throw refuse("The code is wrong or was already used");
    await stores.tickets.delete(hashToken(ticket));
    return user;
  }

  /** The user who gave the right password for this ticket. */
  async findName(ticket: string): Promise<string | undefined> {
    const { stores, users } = this.#options;
    const found = await stores.tickets.get(hashToken(ticket));
    const user = found && users().get(found.name);
    return user && markHash(user.passwordHash) === found.of ? user.name : undefined;
  }

  async #findSender(name: string, { address, readDevice }: AttemptFrom): Promise<Sender> {
    return { address, device: await this.#options.devices.find(readDevice(name), name) };
  }

  async #issueTicket(kept: Ticket): Promise<string> {
    const { tickets } = this.#options.stores;
    const own = (await tickets.list()).filter(([, { name, from }]) => name === kept.name && from === kept.from);
    for (const [key] of own.slice(0, Math.max(0, own.length + 1 - TICKETS_OF_ONE))) await tickets.delete(key);
    const ticket = makeToken();
    await tickets.put(hashToken(ticket), kept, { expiresAtMs: this.#now() + TICKET_MS });
    return ticket;
  }
}

function refuse(message: string): PortholeError {
  return new PortholeError("sign_in_required", message);
}
