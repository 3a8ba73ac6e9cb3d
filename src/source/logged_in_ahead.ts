/** A login that stops before ClientInit, where a source that is ready for a viewer may be kept waiting. */
import type { ByteStream } from "../bridge/byte_stream.ts";
import { type Admission, admitUs, enterSource } from "../rfb/handshake.ts";
import { SERVER_INIT_HEAD_BYTES } from "../rfb/server_init.ts";
import { buildLogin, describeLogin, type LoggedIn } from "./login.ts";
import { type LoginEffects, type LoginLimits, LoginRunner, type LoginSource } from "./login_runner.ts";

/** Logs in and stops before ClientInit. @throws {LoginRefused} with the stream closed. */
export async function logInAhead(
  stream: ByteStream,
  source: LoginSource,
  effects: LoginEffects,
): Promise<LoggedInAhead> {
  const runner = new LoginRunner(stream, source, effects);
  const admission = await runner.run(admitUs(source.title, await buildLogin(source, effects.trust)));
  return new LoggedInAhead(runner, source, admission);
}

/** A source that has let the gateway in and is kept waiting for ClientInit. */
export class LoggedInAhead {
  /** Resolves when it is of no use any more: the source has gone, or has spoken out of turn. */
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

  /** The stream as it is by now. */
  get stream(): ByteStream {
    return this.#runner.stream;
  }

  /** Sends ClientInit and reads ServerInit; call it once. @throws {LoginRefused} with the stream closed. */
  async enter(limits: LoginLimits): Promise<LoggedIn> {
    const { title, shared } = this.#source;
    return describeLogin(this.#runner, await this.#runner.run(enterSource(title, this.#admission, shared), limits));
  }
}
