/** Browsers with which a user has signed in before. Each has a random cookie, of which the gateway keeps only the hash. */
import type { User } from "../config/config.ts";
import { ignoreUnsaved, type Store } from "../store/store.ts";
import { markHash } from "./marks.ts";
import { hashToken, makeToken } from "./opaque_token.ts";

/** One browser of one user. */
export interface KnownDevice {
  readonly name: string;
  /** The mark of the password's hash: with a new password, the browser is no longer known. */
  readonly of: string;
  /** The sign-in that it is known by: whoever ends that also forgets the browser. */
  readonly signIn: string;
  readonly usedMs: number;
}

/** Where a password or a code comes from. */
export interface Sender {
  /** The address, as limits group it. */
  readonly address: string;
  /** The id of the browser, if it is known to the user. */
  readonly device: string | undefined;
}

interface KnownDevicesOptions {
  store: Store<KnownDevice>;
  users: () => ReadonlyMap<string, User>;
  now?: () => number;
}

/** How long a browser is known after its last sign-in. */
export const KNOWN_MS = 180 * 86_400_000;
/** Most browsers of one user; with a further one, the one used longest ago is forgotten. */
const MOST_OF_ONE = 20;

/** All known browsers. They sign nobody in: only their wrong passwords and codes are counted apart from a stranger's. */
export class KnownDevices {
  readonly #store: Store<KnownDevice>;
  readonly #users: () => ReadonlyMap<string, User>;
  readonly #now: () => number;

  constructor({ store, users, now = Date.now }: KnownDevicesOptions) {
    this.#store = store;
    this.#users = users;
    this.#now = now;
  }

  /** The id of the browser with this cookie, if the user has signed in with it and still has the same password. */
  async find(value: string | undefined, name: string): Promise<string | undefined> {
    if (value === undefined) return undefined;
    const id = hashToken(value);
    const known = await this.#store.get(id);
    const user = this.#users().get(name);
    return user && known?.name === name && known.of === markHash(user.passwordHash) ? id : undefined;
  }

  /**
   * Makes the browser known by a new cookie, and returns its value; the previous cookie is no longer valid. What cannot be
   * stored is in effect until the next restart, so that a full disk keeps nobody out.
   */
  async remember(device: Omit<KnownDevice, "usedMs">, previous: string | undefined): Promise<string> {
    if (previous !== undefined) await this.#forgetPrevious(hashToken(previous), device.name);
    const value = makeToken();
    const usedMs = this.#now();
    const expiresAtMs = usedMs + KNOWN_MS;
    await this.#store.put(hashToken(value), { ...device, usedMs }, { expiresAtMs, ifUnsaved: "accept" });
    const own = (await this.#store.list()).filter(([, { name }]) => name === device.name);
    const surplus = own.toSorted(([, a], [, b]) => b.usedMs - a.usedMs).slice(MOST_OF_ONE);
    await Promise.all(surplus.map(([id]) => this.#store.delete(id).catch(ignoreUnsaved)));
    return value;
  }

  /** Forgets the browser of a sign-in that was ended. */
  async forget(signIn: string): Promise<void> {
    const known = (await this.#store.list()).filter(([, device]) => device.signIn === signIn);
    await Promise.all(known.map(([id]) => this.#store.delete(id)));
  }

  async #forgetPrevious(id: string, name: string): Promise<void> {
    if ((await this.#store.get(id))?.name === name) await this.#store.delete(id).catch(ignoreUnsaved);
  }
}
