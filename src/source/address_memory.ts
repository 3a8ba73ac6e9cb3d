/** What is remembered of the VNC server at one address, so that probes do no harm. Kept over a restart. */
import { SECURITY_TYPES } from "../rfb/security/table.ts";
import type { Store } from "../store/store.ts";

/** Where a server asks its user to accept a connection: before it offers security types, or after the login. */
export type AskPoint = "offer" | "login";

/** What is written to the store. */
export interface Remembered {
  /** Connections since the last login that succeeded. TigerVNC blocks an address after five of them. */
  readonly unproven?: number;
  /** When a probe went past the version, in milliseconds since 1970; absent once another connection has followed. */
  readonly probedAtMs?: number;
  /** Whether it was still there after a probe that went past the version. */
  readonly survives?: boolean;
  /** Whether it offers a security type that no server has that counts connections as failed logins. */
  readonly countsNot?: boolean;
  /** Whether a login needs no secret. */
  readonly offersNone?: boolean;
  /** Until when it is believed to end after a client. */
  readonly endsUntilMs?: number;
  readonly asks?: { readonly at: AskPoint; readonly untilMs: number };
}

/** A server that refuses connections this soon after a probe is believed to have ended because of the probe. */
const RIGHT_AFTER_MS = 5 * 60_000;
/** How long a lesson is believed. */
const LESSON_MS = 30 * 24 * 60 * 60_000;
/** A server that answers this quickly has not asked its user. */
const UNASKED_MS = 1_000;
/** Types of TightVNC, UltraVNC, QEMU's SASL, Apple and neatvnc. TigerVNC and RealVNC, which count, have none of them. */
const TYPES_WITHOUT_COUNT = [16, 17, 18, 20, 30, 31, 32, 33, 34, 35, 36, 112, 113, 114, 115, 116, 117, 118];

/** Remembers one address. Changes are in effect at once, and are stored when a probe ends or a lesson is learned. */
export class AddressMemory {
  readonly #store: Store<Remembered>;
  readonly #key: string;
  readonly #now: () => number;
  #known: Remembered = {};
  #loading: Promise<void> | undefined;

  constructor(store: Store<Remembered>, key: string, now: () => number = Date.now) {
    this.#store = store;
    this.#key = key;
    this.#now = now;
  }

  /** Reads what is stored, once. Call it before anything else. */
  load(): Promise<void> {
    return this.#loading ??= this.#store.get(this.#key).then(
      (stored) => void (this.#known = { ...stored, ...this.#known }),
      () => {},
    );
  }

  /** Connections since the last login that succeeded, to a server that may count them. */
  get counted(): number {
    return this.#known.countsNot ? 0 : this.#known.unproven ?? 0;
  }

  /** Whether the server was last seen to let clients in without a secret. */
  get offersNone(): boolean {
    return this.#known.offersNone ?? false;
  }

  /** Whether the server went away right after a probe, and is believed to have ended because of it. */
  get ends(): boolean {
    return (this.#known.endsUntilMs ?? 0) > this.#now();
  }

  /** Where the server is believed to ask its user to accept a connection. */
  get asks(): AskPoint | undefined {
    const { asks } = this.#known;
    return asks && asks.untilMs > this.#now() ? asks.at : undefined;
  }

  /** A connection has opened. */
  noteConnected(): void {
    const { probedAtMs, ...rest } = this.#known;
    const survives = rest.survives || probedAtMs !== undefined;
    this.#known = { ...rest, unproven: (rest.unproven ?? 0) + 1, ...(survives && { survives }) };
  }

  /** A login has succeeded. */
  noteLoggedIn(): void {
    this.#known = { ...this.#known, unproven: 0 };
  }

  /** The machine refuses connections: whatever comes back has not counted anything yet. */
  noteAway(): void {
    this.#known = { ...this.#known, unproven: 0 };
    this.noteUnreachable();
  }

  /** The server cannot be reached. */
  noteUnreachable(): void {
    const { probedAtMs, ...rest } = this.#known;
    this.#known = rest;
    if (probedAtMs === undefined || rest.survives || this.#now() - probedAtMs >= RIGHT_AFTER_MS) return;
    this.#known = { ...rest, endsUntilMs: this.#now() + LESSON_MS };
    this.#save();
  }

  /** The server has offered these security types. */
  noteOffer(types: readonly number[]): void {
    const countsNot = types.some((type) => TYPES_WITHOUT_COUNT.includes(type));
    this.#known = { ...this.#known, countsNot, offersNone: types.includes(SECURITY_TYPES.none.code) };
  }

  /** A probe has ended that went past the version, or that did not. */
  noteProbed(isPastVersion: boolean): void {
    if (isPastVersion) this.#known = { ...this.#known, probedAtMs: this.#now() };
    this.#save();
  }

  /** The server was so slow that it seems to have asked its user. */
  noteAsks(at: AskPoint): void {
    this.#known = { ...this.#known, asks: { at, untilMs: this.#now() + LESSON_MS } };
    this.#save();
  }

  /** The server has gone on for a viewer within `afterMs`. Nobody accepts a connection within a second. */
  noteAnswer(at: AskPoint, afterMs: number): void {
    if (this.#known.asks?.at !== at || afterMs > UNASKED_MS) return;
    const { asks: _, ...rest } = this.#known;
    this.#known = rest;
    this.#save();
  }

  /** Unlearns every lesson. */
  forgive(): void {
    const { unproven = 0 } = this.#known;
    this.#known = { unproven };
    this.#save();
  }

  #save(): void {
    // A store reports by itself what it cannot write.
    this.#store.put(this.#key, this.#known).catch(() => {});
  }
}
