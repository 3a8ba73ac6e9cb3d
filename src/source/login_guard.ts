/** Keeps the gateway from locking itself out: to a VNC server all viewers are one address. */
import type { SourceConfig } from "../config/config.ts";
import type { Secret } from "../config/secret.ts";
import { LoginRefused } from "../rfb/refusal.ts";

/** First wait after a server said that it locks us out; TigerVNC begins with 10 s and doubles. */
const LOCKED_OUT_MS = 11_000;
const LOCKED_OUT_MAX_MS = 15 * 60_000;
/** TigerVNC locks out after five wrong passwords in a row. */
const WRONG_IN_A_ROW = 3;
const PAUSE_MS = 60_000;

/** What a login is tried with. */
export interface Credentials {
  readonly username?: string;
  readonly password?: Secret;
}

interface Past {
  /** The source as it was configured then: another one starts afresh. */
  readonly source: SourceConfig;
  /** Credentials of the configuration that the server refused. */
  refused: boolean;
  wrongInARow: number;
  lockedOutInARow: number;
  waitUntilMs: number;
}

/** What has gone wrong at each source, and what must not be tried again because of it. */
export class LoginGuard {
  readonly #past = new Map<string, Past>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /**
   * Says before the connection whether a login may be tried.
   *
   * @throws LoginRefused wrong_secret when these credentials were refused before, locked_out while it is to wait.
   */
  check(source: SourceConfig, credentials: Credentials): void {
    const past = this.#pastOf(source);
    if (past.refused && isConfigured(source, credentials)) {
      throw refuse(
        "wrong_secret",
        source,
        "the server refused this password before, so it is not tried again until it is changed",
      );
    }
    const waitMs = past.waitUntilMs - this.#now();
    if (waitMs <= 0) return;
    const seconds = Math.ceil(waitMs / 1000);
    throw refuse(
      "locked_out",
      source,
      `the server locks this gateway out after failed logins; next try in ${seconds} s`,
    );
  }

  /** Learns how a login ended. */
  note(source: SourceConfig, credentials: Credentials, failure: unknown): void {
    if (!(failure instanceof LoginRefused)) {
      if (failure === undefined) this.#past.delete(source.name);
      return;
    }
    const past = this.#pastOf(source);
    if (failure.kind === "wrong_secret") this.#noteWrong(past, isConfigured(source, credentials));
    if (failure.kind === "locked_out") {
      const waitMs = Math.min(LOCKED_OUT_MAX_MS, LOCKED_OUT_MS * 2 ** past.lockedOutInARow++);
      past.waitUntilMs = this.#now() + waitMs;
    }
  }

  /** A person says that the configured secret may be tried again. */
  forgive(name: string): void {
    this.#past.delete(name);
  }

  #noteWrong(past: Past, configured: boolean): void {
    past.refused ||= configured;
    if (++past.wrongInARow < WRONG_IN_A_ROW) return;
    past.wrongInARow = 0;
    past.waitUntilMs = this.#now() + PAUSE_MS;
  }

  #pastOf(source: SourceConfig): Past {
    const known = this.#past.get(source.name);
    if (known?.source === source) return known;
    const fresh = { source, refused: false, wrongInARow: 0, lockedOutInARow: 0, waitUntilMs: 0 };
    this.#past.set(source.name, fresh);
    return fresh;
  }
}

function isConfigured(source: SourceConfig, { username, password }: Credentials): boolean {
  return source.username === username && source.password === password;
}

function refuse(kind: "wrong_secret" | "locked_out", { title }: SourceConfig, state: string): LoginRefused {
  return new LoginRefused(kind, state, { title });
}
