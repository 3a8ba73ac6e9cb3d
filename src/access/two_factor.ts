/** Two-factor authentication: codes of an authenticator app (TOTP, RFC 6238). */
import { Secret as OtpSecret, TOTP } from "otpauth";
import type { User } from "../config/config.ts";
import type { Store } from "../store/store.ts";

/** What is kept for a user. */
export interface TwoFactorSecret {
  /** Base32; absent when sources.yaml has it. */
  readonly secret?: string;
  /** The time step of the last accepted code: each code is accepted once (RFC 6238 section 5.2). */
  readonly lastStep: number;
}

interface TwoFactorOptions {
  stores: {
    readonly twoFactor: Store<TwoFactorSecret>;
    /** Secrets of setups that are not confirmed yet. */
    readonly twoFactorOffers: Store<string>;
  };
  now?: () => number;
}

const PERIOD_S = 30;
/** Number of steps before and after the current one that are accepted, for clocks that differ. */
const WINDOW = 1;
/** How long a setup waits for its first code. */
const OFFER_MS = 60 * 60_000;

/** Checks codes, and sets up two-factor authentication. */
export class TwoFactor {
  readonly #kept: Store<TwoFactorSecret>;
  readonly #offers: Store<string>;
  readonly #now: () => number;

  constructor({ stores, now = Date.now }: TwoFactorOptions) {
    this.#kept = stores.twoFactor;
    this.#offers = stores.twoFactorOffers;
    this.#now = now;
  }

  /** Whether the sign-in of this user requires a code. */
  async has(user: User): Promise<boolean> {
    return user.totp !== undefined || (await this.#kept.get(user.name))?.secret !== undefined;
  }

  /** Whether the code is right and unused; a code that is accepted cannot be used again. */
  async check(user: User, code: string): Promise<boolean> {
    return await this.#kept.update(user.name, (kept) => {
      const secret = user.totp?.reveal() ?? kept?.secret;
      const step = secret === undefined ? null : this.#findStep(secret, code);
      if (step === null || step <= (kept?.lastStep ?? 0)) return { result: false };
      return { result: true, put: { ...kept, lastStep: step }, ifUnsaved: "accept" };
    });
  }

  /** Begins a setup, or returns the one under way: a secret for an authenticator app, as text and as an otpauth: URI. */
  async offer(name: string): Promise<{ secret: string; uri: string }> {
    const fresh = new OtpSecret({ size: 20 }).base32;
    const expiresAtMs = this.#now() + OFFER_MS;
    const secret = await this.#offers.update(name, (begun = fresh) => ({ result: begun, put: begun, expiresAtMs }));
    const totp = new TOTP({ issuer: "Porthole", label: name, secret, period: PERIOD_S });
    return { secret, uri: totp.toString() };
  }

  /** Ends the setup with the first code of the app; false when the code is wrong. */
  async confirm(name: string, code: string): Promise<boolean> {
    const confirmed = await this.#offers.update(name, (secret) => {
      const step = secret === undefined ? null : this.#findStep(secret, code);
      if (secret === undefined || step === null) return { result: undefined };
      return { result: { secret, lastStep: step }, delete: true };
    });
    if (confirmed) await this.#kept.put(name, confirmed);
    return confirmed !== undefined;
  }

  /** Turns two-factor authentication off. */
  async remove(name: string): Promise<void> {
    await this.#kept.delete(name);
  }

  #findStep(secret: string, code: string): number | null {
    const digits = code.replaceAll(/\s/g, "");
    if (!/^\d{6}$/.test(digits)) return null;
    const timestamp = this.#now();
    const totp = new TOTP({ secret, period: PERIOD_S });
    const delta = totp.validate({ token: digits, timestamp, window: WINDOW });
    return delta === null ? null : totp.counter({ timestamp }) + delta;
  }
}
