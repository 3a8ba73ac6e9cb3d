/** Logins to one source: one at a time, and none that would lead to a lockout. */
import type { ByteStream } from "../bridge/byte_stream.ts";
import type { SourceConfig } from "../config/config.ts";
import type { Offer } from "../rfb/handshake.ts";
import type { ClientKey } from "../rfb/login_step.ts";
import type { LoginRefused } from "../rfb/refusal.ts";
import { type Credentials, pickCredentials } from "./credentials.ts";
import type { Dial } from "./dial/dial.ts";
import { type LoggedInAhead, logInAhead } from "./logged_in_ahead.ts";
import { type LoggedIn, logIn } from "./login.ts";
import { LoginGuard } from "./login_guard.ts";
import type { Trust } from "./trust.ts";
import { Turn } from "./turn.ts";

/** The parts that logins need, the same for every source. */
export interface LoginParts {
  readonly dial: Dial;
  readonly trust: Trust;
  /** The RSA key of this process, generated when it is first needed. */
  readonly getClientKey: () => Promise<ClientKey>;
}

/** A handshake that has read the offered security types. */
export interface BegunHandshake {
  readonly stream: ByteStream;
  readonly offer: Offer;
}

/** One login for a viewer. */
export interface LoginAttempt {
  readonly credentials: Credentials;
  /** Aborts the login, for example because the viewer left; its reason is thrown. */
  readonly signal: AbortSignal;
  /** The handshake to continue; without it, the source is dialed. */
  readonly begun?: BegunHandshake | undefined;
  /** Called when the source has been dialed. */
  readonly onConnected?: () => void;
}

/** The logins to one source. */
export class SourceLogin {
  readonly #source: SourceConfig;
  readonly #parts: LoginParts;
  readonly #guard: LoginGuard;
  /** Of ten simultaneous good logins, servers refused two or three. So each waits for the end of the one before. */
  readonly #turn = new Turn();

  constructor(source: SourceConfig, parts: LoginParts) {
    this.#source = source;
    this.#parts = parts;
    this.#guard = new LoginGuard(source);
  }

  /** Dials and logs in, or continues a handshake. @throws PortholeError */
  logIn({ credentials, signal, begun, onConnected = () => {} }: LoginAttempt): Promise<LoggedIn> {
    return this.#takeTurn(credentials, signal, async () => {
      const stream = begun?.stream ?? await this.#parts.dial(this.#source, signal);
      onConnected();
      return await logIn(stream, { ...this.#source, ...credentials }, { ...this.#parts, signal }, begun?.offer);
    });
  }

  /** Dials and logs in up to ClientInit, with the credentials of the configuration. @throws PortholeError */
  logInAhead(signal: AbortSignal): Promise<LoggedInAhead> {
    return this.#takeTurn(pickCredentials(this.#source), signal, async () => {
      const stream = await this.#parts.dial(this.#source, signal);
      return await logInAhead(stream, this.#source, { ...this.#parts, signal });
    });
  }

  /** Waits for the turn and dials without logging in. `use` gets the stream, which is closed afterwards. */
  visit<T>(signal: AbortSignal, use: (stream: ByteStream) => Promise<T>): Promise<T> {
    return this.#turn.run(async () => {
      const stream = await this.#parts.dial(this.#source, signal);
      return await use(stream).finally(() => stream.close());
    }, signal);
  }

  /** Checks before connecting whether a viewer may log in by itself. @throws LoginRefused locked_out during a wait */
  checkViewer(): void {
    this.#guard.check();
  }

  /** Records the result of a login that a viewer carried out by itself; without `refusal`, it succeeded. */
  noteViewer(refusal?: LoginRefused): void {
    this.#guard.note(undefined, refusal);
  }

  /** Allows another try of the configured secret. */
  forgive(): void {
    this.#guard.forgive();
  }

  #takeTurn<Login>(credentials: Credentials, signal: AbortSignal, work: () => Promise<Login>): Promise<Login> {
    return this.#turn.run(async () => {
      this.#guard.check(credentials);
      try {
        const login = await work();
        this.#guard.note(credentials);
        return login;
      } catch (failure) {
        this.#guard.note(credentials, failure);
        throw failure;
      }
    }, signal);
  }
}
