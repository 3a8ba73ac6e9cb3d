/** Keeps the gateway from being locked out of a source: a VNC server sees all viewers as one address. */
import { readSteadyClock } from "../async/steady_clock.ts";
import type { SourceConfig } from "../config/config.ts";
import { LoginRefused } from "../rfb/refusal.ts";
import type { Credentials } from "./credentials.ts";
import { SenderWaits } from "./sender_waits.ts";

/** First wait after a lockout. TigerVNC begins with 10 s and doubles it. */
const LOCKED_OUT_MS = 11_000;
const LOCKED_OUT_MAX_MS = 15 * 60_000;
/** Wrong passwords in a row before a pause. TigerVNC locks an address out after five. */
const WRONG_IN_A_ROW = 3;
const PAUSE_MS = 60_000;

/** The part of a source that the guard needs. */
type GuardedSource = Pick<SourceConfig, "title" | "username" | "password">;

/** Remembers failed logins to one source, and refuses logins that would lead to a lockout. */
export class LoginGuard {
  readonly #settings: () => GuardedSource;
  readonly #now: () => number;
  readonly #senders: SenderWaits;
  /** Whether the server refused the credentials of the configuration. */
  #refused = false;
  #wrongInARow = 0;
  #lockedOutInARow = 0;
  #waitUntilMs = 0;

  /** @param settings the settings in force. */
  constructor(settings: () => GuardedSource, now: () => number = readSteadyClock) {
    this.#settings = settings;
    this.#now = now;
    this.#senders = new SenderWaits(now);
  }

  /**
   * Checks before connecting whether a login may be tried; without `credentials`, those are the viewer's own. `sender` is
   * who would send other credentials than the configured ones; absent for the gateway itself.
   *
   * @throws LoginRefused wrong_secret when these credentials were refused before, locked_out during a wait.
   */
  check(credentials?: Credentials, sender?: string): void {
    if (this.#refused && this.#isConfigured(credentials)) {
      const state = "the server refused this password before, so it is not tried again until it is changed";
      throw this.#refuse("wrong_secret", state);
    }
    const usesSecret = this.#source.password !== undefined && this.#isConfigured(credentials);
    const senderWaitMs = sender === undefined || usesSecret ? 0 : this.#senders.waitMs(sender);
    const waitMs = Math.max(this.#waitUntilMs - this.#now(), senderWaitMs);
    if (waitMs <= 0) return;
    const seconds = Math.ceil(waitMs / 1000);
    // Either the server has reported a lockout, or this pause is to keep it from one, or the sender has to wait.
    throw this.#refuse("locked_out", `there were too many failed logins; next try in ${seconds} s`);
  }

  /** Records the outcome of a login; without `failure`, it succeeded. */
  note(credentials: Credentials | undefined, failure?: unknown, sender?: string): void {
    if (failure === undefined) {
      if (sender !== undefined && !this.#isConfigured(credentials)) this.#senders.forgive(sender);
      return this.forgive();
    }
    if (!(failure instanceof LoginRefused)) return;
    if (failure.kind === "wrong_secret") this.#noteWrong(credentials, sender);
    if (failure.kind === "locked_out") this.#noteLockedOut();
  }

  /** The configured secret may be tried again, and nobody has to wait but those who sent wrong passwords. */
  forgive(): void {
    this.#refused = false;
    this.#wrongInARow = this.#lockedOutInARow = this.#waitUntilMs = 0;
  }

  get #source(): GuardedSource {
    return this.#settings();
  }

  #noteWrong(credentials: Credentials | undefined, sender: string | undefined): void {
    const isConfigured = this.#isConfigured(credentials);
    this.#refused ||= isConfigured;
    if (sender !== undefined && !isConfigured) this.#senders.noteWrong(sender);
    if (++this.#wrongInARow < WRONG_IN_A_ROW) return;
    this.#wrongInARow = 0;
    this.#waitUntilMs = this.#now() + PAUSE_MS;
  }

  #noteLockedOut(): void {
    const waitMs = Math.min(LOCKED_OUT_MAX_MS, LOCKED_OUT_MS * 2 ** this.#lockedOutInARow++);
    this.#waitUntilMs = this.#now() + waitMs;
  }

  #isConfigured(credentials: Credentials | undefined): boolean {
    if (!credentials) return false;
    const { username, password } = this.#source;
    return username === credentials.username && password?.reveal() === credentials.password?.reveal();
  }

  #refuse(kind: "wrong_secret" | "locked_out", state: string): LoginRefused {
    return new LoginRefused(kind, state, { title: this.#source.title });
  }
}
