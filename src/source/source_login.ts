/** Logins to one source: one at a time, and none that would lead to a lockout. */
import type { SetTimer } from "../async/timer.ts";
import type { ByteStream } from "../bridge/byte_stream.ts";
import type { SourceConfig } from "../config/config.ts";
import type { Offer } from "../rfb/handshake.ts";
import type { ClientKey } from "../rfb/login_step.ts";
import { LoginRefused, type RefusalKind } from "../rfb/refusal.ts";
import { type Credentials, pickCredentials } from "./credentials.ts";
import { type LoggedInAhead, logInAhead } from "./logged_in_ahead.ts";
import { type LoggedIn, logIn } from "./login.ts";
import type { AskPoint } from "./address_memory.ts";
import type { SharedAddress } from "./addresses.ts";
import { LoginGuard } from "./login_guard.ts";
import { LoginRunner } from "./login_runner.ts";
import type { Trust } from "./trust.ts";

/** Timeout of each step of a probe. */
const VISIT_STEP_MS = 10_000;
/** Connections without a login after which TLS is not tried again: TigerVNC blocks at five, and a viewer needs one. */
const TRY_AGAIN_UNTIL = 4;
/** Refusals that say more than that TLS has failed. */
const EXPLANATIONS: readonly RefusalKind[] = ["no_tls", "untrusted"];

/** The parts that logins need, the same for every source. */
export interface LoginParts {
  readonly trust: Trust;
  /** The RSA key of this process, generated when it is first needed. */
  readonly getClientKey: () => Promise<ClientKey>;
  readonly setTimer?: SetTimer | undefined;
}

/** A handshake that has read the offered security types. */
export interface BegunHandshake {
  readonly stream: ByteStream;
  readonly offer: Offer;
}

/** The result of a probe. */
export interface Visit<Result> {
  readonly result: Result;
  /** Whether it logged in with the configured credentials. */
  readonly loggedIn: boolean;
}

/** One login for a viewer. */
export interface LoginAttempt {
  readonly credentials: Credentials;
  /** Who sends credentials that are not the configured ones. */
  readonly sender?: string | undefined;
  /** Aborts the login, for example because the viewer left; its reason is thrown. */
  readonly signal: AbortSignal;
  /** The handshake to continue; without it, the source is dialed. */
  readonly begun?: BegunHandshake | undefined;
  /** Called when the source has been dialed. */
  readonly onConnected?: () => void;
  /** Called when the source does not go on, because it may be asking its user. */
  readonly onAsking?: () => void;
}

/** The credentials of a login, and who sends them. */
type LoginFrom = Pick<LoginAttempt, "credentials" | "sender">;

/** The logins to one source. */
export class SourceLogin {
  readonly #settings: () => SourceConfig;
  readonly #parts: LoginParts;
  readonly #address: SharedAddress;
  readonly #guard: LoginGuard;

  /** @param settings the settings in force. */
  constructor(settings: () => SourceConfig, parts: LoginParts, address: SharedAddress) {
    this.#settings = settings;
    this.#parts = parts;
    this.#address = address;
    this.#guard = new LoginGuard(settings);
  }

  /** Dials and logs in, or continues a handshake. @throws PortholeError */
  logIn(
    { credentials, sender, signal, begun, onConnected = () => {}, onAsking = () => {} }: LoginAttempt,
  ): Promise<LoggedIn> {
    const { dial, memory } = this.#address;
    return this.#takeTurn({ credentials, sender }, signal, async () => {
      const stream = begun?.stream ?? await dial(this.#source, signal);
      onConnected();
      const note = (what: string) => {
        memory.noteAsks(whenAsked(what));
        onAsking();
      };
      const effects = { ...this.#parts, signal, onAsking: note };
      const startedAtMs = performance.now();
      const loggedIn = await logIn(stream, { ...this.#source, ...credentials }, effects, begun?.offer);
      const tookMs = performance.now() - startedAtMs;
      if (!begun) memory.noteAnswer("offer", tookMs);
      memory.noteAnswer("login", tookMs);
      return loggedIn;
    });
  }

  /**
   * Dials and logs in up to ClientInit, with the credentials of the configuration.
   *
   * @throws PortholeError; `unanswered` before it dials if the source asks its user, who must not be asked for nothing.
   */
  logInAhead(signal: AbortSignal): Promise<LoggedInAhead> {
    return this.#takeTurn({ credentials: pickCredentials(this.#source) }, signal, async () => {
      const { dial, memory } = this.#address;
      await memory.load();
      if (memory.asks) throw this.#refuseAhead();
      const stream = await dial(this.#source, signal);
      const effects = { ...this.#parts, signal, onAsking: (what: string) => memory.noteAsks(whenAsked(what)) };
      return await logInAhead(stream, this.#source, effects);
    });
  }

  /** Dials for a probe, which must have taken the turn of the address; the connection is closed afterwards. */
  async visit<Result>(
    signal: AbortSignal,
    use: (runner: LoginRunner) => Promise<Visit<Result>>,
  ): Promise<Result> {
    const visit = async (triesTlsAgain: boolean) => {
      const stream = await this.#address.dial(this.#source, signal);
      const effects = { ...this.#parts, signal, timeoutMs: VISIT_STEP_MS, triesTlsAgain };
      const runner = new LoginRunner(stream, this.#source, effects);
      return await use(runner).finally(() => runner.stream.close());
    };
    const visitTwice = () => visit(false).catch((thrown) => this.#tryTlsAgain(thrown, () => visit(true)));
    return await this.#guardLogin({ credentials: pickCredentials(this.#source) }, visitTwice);
  }

  /** Checks before connecting whether a viewer may log in by itself. @throws LoginRefused locked_out during a wait */
  checkViewer(sender: string): void {
    this.#guard.check(undefined, sender);
  }

  /** Records the result of a login that a viewer carried out by itself; without `refusal`, it succeeded. */
  noteViewer(sender: string, refusal?: LoginRefused): void {
    this.#guard.note(undefined, refusal, sender);
    if (!refusal) this.#address.memory.noteLoggedIn();
  }

  /** Allows another try of the configured secret. */
  forgive(): void {
    this.#guard.forgive();
  }

  get #source(): SourceConfig {
    return this.#settings();
  }

  #refuseAhead(): LoginRefused {
    const state = "the server asks its user to accept each connection";
    return new LoginRefused("unanswered", state, { title: this.#source.title });
  }

  #takeTurn<Login>(from: LoginFrom, signal: AbortSignal, work: () => Promise<Login>): Promise<Login> {
    const lookAtTls = async () => {
      const stream = await this.#address.dial(this.#source, signal);
      const effects = { ...this.#parts, signal, triesTlsAgain: true };
      const loggedIn = await logIn(stream, { ...this.#source, ...from.credentials }, effects);
      // The server has not begun TLS this time.
      loggedIn.stream.close();
      throw new LoginRefused("tls_failed", "the server has not begun TLS");
    };
    const login = async () => {
      const result = await work().catch((thrown) => this.#tryTlsAgain<Login>(thrown, lookAtTls));
      return { result, loggedIn: true };
    };
    return this.#address.turn.run(() => this.#guardLogin(from, login), signal);
  }

  async #guardLogin<Result>({ credentials, sender }: LoginFrom, work: () => Promise<Visit<Result>>): Promise<Result> {
    this.#guard.check(credentials, sender);
    try {
      const { result, loggedIn } = await work();
      if (loggedIn) this.#guard.note(credentials, undefined, sender);
      if (loggedIn) this.#address.memory.noteLoggedIn();
      return result;
    } catch (thrown) {
      this.#guard.note(credentials, thrown, sender);
      throw thrown;
    }
  }

  /** Finds out by a second connection why TLS failed, which the error does not say. @throws the better explanation */
  async #tryTlsAgain<Result>(thrown: unknown, again: () => Promise<Result>): Promise<Result> {
    const isUnclear = thrown instanceof LoginRefused && thrown.kind === "tls_failed";
    if (!isUnclear || this.#address.memory.counted >= TRY_AGAIN_UNTIL) throw thrown;
    return await again().catch((seen) => {
      throw seen instanceof LoginRefused && EXPLANATIONS.includes(seen.kind) ? seen : thrown;
    });
  }
}

/** When a server asks its user, by the answer that does not come. */
function whenAsked(what: string): AskPoint {
  return /security types?$/.test(what) ? "offer" : "login";
}
