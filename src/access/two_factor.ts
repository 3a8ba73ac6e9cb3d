/** The two-factor authentication: codes of an authenticator app (TOTP, RFC 6238). */
import { Secret as OtpSecret, TOTP } from "otpauth";
import type { User } from "../config/config.ts";
import type { Store } from "./store.ts";

/** What is kept of a person. */
export interface TwoFactorSecret {
  /** Base32; absent when sources.yaml has it. */
  readonly secret?: string;
  /** The time step of the last code that was taken: none counts twice (RFC 6238 section 5.2). */
  readonly lastStep: number;
}

interface TwoFactorOptions {
  store: Store<Readonly<Record<string, TwoFactorSecret>>>;
  now?: () => number;
}

const PERIOD_S = 30;
/** Steps before and after the present one that count, for clocks that differ. */
const WINDOW = 1;
const MOST_OFFERS = 1_000;

/** Knows whose sign-in has a two-factor authentication. */
export class TwoFactor {
  readonly #store: Store<Readonly<Record<string, TwoFactorSecret>>>;
  readonly #now: () => number;
  /** Set-ups that were begun and not confirmed. */
  readonly #offers = new Map<string, string>();

  constructor({ store, now = Date.now }: TwoFactorOptions) {
    this.#store = store;
    this.#now = now;
  }

  /** Whether this person's sign-in needs a code. */
  // deno-lint-ignore require-await
  async has(user: User): Promise<boolean> {
    return user.totp !== undefined || this.#read(user.name)?.secret !== undefined;
  }

  /** Whether the code is right, and was not used before. */
  // deno-lint-ignore require-await
  async check(user: User, code: string): Promise<boolean> {
    const kept = this.#read(user.name);
    const secret = user.totp?.reveal() ?? kept?.secret;
    const step = secret === undefined ? null : this.#findStep(secret, code);
    if (step === null || step <= (kept?.lastStep ?? 0)) return false;
    this.#keep(user.name, { ...kept, lastStep: step });
    return true;
  }

  /** Begins a setup; what it gives goes into an authenticator app, as text or as a QR code. */
  // deno-lint-ignore require-await
  async offer(name: string): Promise<{ secret: string; uri: string }> {
    const secret = this.#offers.get(name) ?? new OtpSecret({ size: 20 }).base32;
    this.#offers.set(name, secret);
    if (this.#offers.size > MOST_OFFERS) this.#offers.delete(this.#offers.keys().next().value!);
    const totp = new TOTP({ issuer: "Porthole", label: name, secret, period: PERIOD_S });
    return { secret, uri: totp.toString() };
  }

  /** Ends the setup with the first code of the app; false when the code is wrong. */
  // deno-lint-ignore require-await
  async confirm(name: string, code: string): Promise<boolean> {
    const secret = this.#offers.get(name);
    const step = secret === undefined ? null : this.#findStep(secret, code);
    if (secret === undefined || step === null) return false;
    this.#offers.delete(name);
    this.#keep(name, { secret, lastStep: step });
    return true;
  }

  /** Takes the two-factor authentication away again. */
  // deno-lint-ignore require-await
  async remove(name: string): Promise<void> {
    this.#store.save(Object.fromEntries(Object.entries(this.#store.value).filter(([key]) => key !== name)));
  }

  #findStep(secret: string, code: string): number | null {
    const digits = code.replaceAll(/\s/g, "");
    if (!/^\d{6}$/.test(digits)) return null;
    const timestamp = this.#now();
    const totp = new TOTP({ secret, period: PERIOD_S });
    const delta = totp.validate({ token: digits, timestamp, window: WINDOW });
    return delta === null ? null : totp.counter({ timestamp }) + delta;
  }

  #read(name: string): TwoFactorSecret | undefined {
    return Object.hasOwn(this.#store.value, name) ? this.#store.value[name] : undefined;
  }

  #keep(name: string, step: TwoFactorSecret): void {
    const others = Object.entries(this.#store.value).filter(([key]) => key !== name);
    this.#store.save(Object.fromEntries([...others, [name, step]]));
  }
}
