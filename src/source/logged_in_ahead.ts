/** Logging in before a viewer comes: the login stops before ClientInit, where a VNC server waits. */
import type { ByteStream } from "../bridge/byte_stream.ts";
import { type Admission, admitUs, enterSource } from "../rfb/handshake.ts";
import { SERVER_INIT_HEAD_BYTES } from "../rfb/server_init.ts";
import { closeOnFailure } from "./close_on_failure.ts";
import { buildLogin, describeLogin, type LoggedIn, readVersionOf } from "./login.ts";
import {
  type LoginEffects,
  type LoginLimits,
  LoginRunner,
  type LoginSource,
  UNATTENDED_LOGIN_MS,
} from "./login_runner.ts";

/** Logs in and stops before ClientInit. @throws {LoginRefused} with the stream closed. */
export async function logInAhead(
  stream: ByteStream,
  source: LoginSource,
  effects: LoginEffects,
): Promise<LoggedInAhead> {
  const runner = new LoginRunner(stream, source, effects);
  const login = await closeOnFailure(stream, buildLogin(source, effects.trust));
  const version = await readVersionOf(runner, source.title, effects);
  const limits = { ...effects, timeoutMs: effects.timeoutMs ?? UNATTENDED_LOGIN_MS };
  const admission = await runner.run(admitUs(source.title, login, { version }), limits);
  return new LoggedInAhead(runner, source, admission);
}

/** A source that is logged in to and waits for ClientInit. */
export class LoggedInAhead {
  /** Resolves when it is no longer usable: the source has closed the connection, or has sent unexpected bytes. */
  readonly gone: Promise<void>;
  /** "3.8" */
  readonly version: string;
  /** "VeNCrypt X509Plain" */
  readonly security: string;
  readonly #runner: LoginRunner;
  readonly #source: LoginSource;
  readonly #admission: Admission;

  constructor(runner: LoginRunner, source: LoginSource, admission: Admission) {
    this.version = admission.version.spoken;
    this.security = admission.security;
    this.#runner = runner;
    this.#source = source;
    this.#admission = admission;
    this.gone = runner.readAhead(SERVER_INIT_HEAD_BYTES, "its ServerInit").then(() => {}, () => {});
  }

  /** The current stream. */
  get stream(): ByteStream {
    return this.#runner.stream;
  }

  /** Sends ClientInit and reads ServerInit. Call it only once. @throws {LoginRefused} with the stream closed. */
  async enter(limits: LoginLimits): Promise<LoggedIn> {
    const { title, shared } = this.#source;
    return describeLogin(this.#runner, await this.#runner.run(enterSource(title, this.#admission, shared), limits));
  }
}
