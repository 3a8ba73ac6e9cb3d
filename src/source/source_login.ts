/** Logging in to one source: one login at a time, and none that would lock the gateway out. */
import type { ByteStream } from "../bridge/byte_stream.ts";
import type { SourceConfig } from "../config/config.ts";
import type { Offer } from "../rfb/handshake.ts";
import type { ClientKey } from "../rfb/login_step.ts";
import { type Credentials, pickCredentials } from "./credentials.ts";
import type { Dial } from "./dial/dial.ts";
import { type LoggedInAhead, logInAhead } from "./logged_in_ahead.ts";
import { type LoggedIn, logIn } from "./login.ts";
import { LoginGuard } from "./login_guard.ts";
import type { Trust } from "./trust.ts";
import { Turn } from "./turn.ts";

/** What logging in needs, the same for every source. */
export interface LoginParts {
  readonly dial: Dial;
  readonly trust: Trust;
  /** The RSA key of this process, made when it is first needed. */
  readonly getClientKey: () => Promise<ClientKey>;
}

/** A handshake that has got as far as the offered security types. */
export interface BegunHandshake {
  readonly stream: ByteStream;
  readonly offer: Offer;
}

/** One login for a viewer. */
export interface LoginAttempt {
  readonly credentials: Credentials;
  /** Ends it, for example because the viewer left; its reason is thrown. */
  readonly signal: AbortSignal;
  /** Where it goes on; without it, the source is dialed. */
  readonly begun?: BegunHandshake | undefined;
  /** Called when the source has been dialed. */
  readonly onConnected?: () => void;
}

/** The logins to one source. */
export class SourceLogin {
  readonly #source: SourceConfig;
  readonly #parts: LoginParts;
  readonly #guard: LoginGuard;
  /** Ten good logins at once had two or three refused; so the next one waits until ServerInit of the one before. */
  readonly #turn = new Turn();

  constructor(source: SourceConfig, parts: LoginParts) {
    this.#source = source;
    this.#parts = parts;
    this.#guard = new LoginGuard(source);
  }

  /** Dials and logs in, or goes on where a handshake has begun. @throws PortholeError */
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

  /** Dials without logging in, when it is the turn; `use` gets the stream, which is closed after it. */
  visit<T>(signal: AbortSignal, use: (stream: ByteStream) => Promise<T>): Promise<T> {
    return this.#turn.run(async () => {
      const stream = await this.#parts.dial(this.#source, signal);
      return await use(stream).finally(() => stream.close());
    }, signal);
  }

  /** Lets the configured secret be tried again. */
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
