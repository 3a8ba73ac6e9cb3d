/** Runs the handshake with a source over its open stream. */
import type { SourceConfig } from "../config/config.ts";
import {
  type Admission,
  admitUs,
  enterSource,
  type From,
  type Look,
  lookAt,
  type Offer,
  type OpenSource,
  openSource,
  readOffer,
} from "../rfb/handshake.ts";
import type { ClientKey, LoginStep } from "../rfb/login_step.ts";
import type { Login } from "../rfb/choose.ts";
import { cleanReason } from "../rfb/reason.ts";
import { LoginRefused } from "../rfb/refusal.ts";
import { Overdue, runScript, type Script, StreamEnded, titled } from "../rfb/script.ts";
import { encodeServerInit, SERVER_INIT_HEAD_BYTES, type ServerInit } from "../rfb/server_init.ts";
import { readVersion, type Version } from "../rfb/version.ts";
import type { ByteStream } from "../bridge/byte_stream.ts";
import { type Deadline, startDeadline } from "./deadline.ts";
import { sealStream } from "./sealed_stream.ts";
import { upgradeTls } from "./tls_upgrade.ts";
import { expectedName, type Identity, type Trust } from "./trust.ts";

/** A slow PAM takes 2.6 s to say no, x11vnc up to 6. */
const LOGIN_MS = 20_000;
/** How long a source may take to say its version. */
const VERSION_MS = 10_000;

/** The part of a source that a login depends on. */
export type LoginSource = Pick<SourceConfig, "name" | "title" | "target" | "username" | "password" | "tls" | "shared">;

/** What a login needs besides the source. */
export interface LoginEffects {
  readonly trust: Trust;
  /** The RSA key of this process, made when it is first needed. */
  readonly getClientKey: () => Promise<ClientKey>;
  /** Ends the login, for example because the viewer left; its reason is thrown. */
  readonly signal: AbortSignal;
  /** The whole login must be over by then. */
  readonly timeoutMs?: number | undefined;
}

/** A source that is open and logged in to. */
export interface LoggedIn {
  /** The stream from here on: what was given, or what TLS or RSA-AES made of it. */
  readonly stream: ByteStream;
  /** ServerInit as a viewer gets it. */
  readonly serverInit: Uint8Array<ArrayBuffer>;
  readonly desktop: ServerInit;
  /** "3.8" */
  readonly version: string;
  /** "VeNCrypt X509Plain" */
  readonly security: string;
  /** Whether the bytes to and from the source are encrypted. */
  readonly encrypted: boolean;
  /** How the source proved itself, where its security type can. */
  readonly identity?: Identity;
}

/** Limits of a look. */
export interface PeekOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs?: number | undefined;
}

/**
 * Logs in up to ServerInit; no byte after it is read. `from` says what has been read before.
 *
 * @throws {LoginRefused} with a whole sentence; the stream is then closed.
 */
export async function logIn(
  stream: ByteStream,
  source: LoginSource,
  effects: LoginEffects,
  from: From = {},
): Promise<LoggedIn> {
  const runner = new Runner(stream, source, effects);
  return describe(runner, await runner.run(openSource(source.title, buildLogin(source, effects), from)));
}

/**
 * Logs in and stops before ClientInit, where a source that is ready for a viewer may be kept waiting.
 *
 * @throws {LoginRefused} as `logIn` does.
 */
export async function logInAhead(
  stream: ByteStream,
  source: LoginSource,
  effects: LoginEffects,
): Promise<LoggedInAhead> {
  const runner = new Runner(stream, source, effects);
  return new LoggedInAhead(runner, source, await runner.run(admitUs(source.title, buildLogin(source, effects))));
}

/** Reads the 12 bytes of ProtocolVersion and nothing more; within 10 s. @throws {LoginRefused} */
export function peekVersion(stream: ByteStream, title: string, options: PeekOptions): Promise<Version> {
  const { signal, timeoutMs = VERSION_MS } = options;
  return new Runner(stream, undefined, { signal, timeoutMs }).run(titled(title, readVersion()));
}

/** Answers the version, and reads the security types and nothing more. @throws {LoginRefused} */
export function peekOffer(stream: ByteStream, title: string, options: PeekOptions, from: From = {}): Promise<Offer> {
  return new Runner(stream, undefined, options).run(readOffer(title, from));
}

/** Looks at a source without a secret, as far as that goes; the caller then closes the stream. @throws {LoginRefused} */
export function peekAll(stream: ByteStream, title: string, options: PeekOptions, from: From = {}): Promise<Look> {
  return new Runner(stream, undefined, options).run(lookAt(title, from));
}

function buildLogin(source: LoginSource, { trust }: LoginEffects): Login {
  return { ...pickCredentials(source), shared: source.shared, proofs: trust.listProofs(source) };
}

function describe({ stream, identity }: Runner, { version, security, encrypted, serverInit }: OpenSource): LoggedIn {
  return {
    stream,
    serverInit: encodeServerInit(serverInit),
    desktop: serverInit,
    version: version.spoken,
    security,
    encrypted,
    ...(identity ? { identity } : {}),
  };
}

function pickCredentials({ username, password }: LoginSource) {
  return { ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }) };
}

/** A source that has let the gateway in and is kept waiting for ClientInit. */
export class LoggedInAhead {
  /** Resolves when it is of no use any more: the source has gone, or has spoken out of turn. */
  readonly gone: Promise<void>;
  /** "3.8" */
  readonly version: string;
  /** "VeNCrypt X509Plain" */
  readonly security: string;
  readonly #runner: Runner;
  readonly #source: LoginSource;
  readonly #admission: Admission;

  constructor(runner: Runner, source: LoginSource, admission: Admission) {
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
  async enter(limits: PeekOptions): Promise<LoggedIn> {
    const { title, shared } = this.#source;
    return describe(this.#runner, await this.#runner.run(enterSource(title, this.#admission, shared), limits));
  }
}

/** Carries out the steps of scripts, one after the other. */
class Runner {
  stream: ByteStream;
  identity: Identity | undefined;
  readonly #source: LoginSource | undefined;
  readonly #effects: PeekOptions & Partial<LoginEffects>;
  #ahead: Promise<Uint8Array> | undefined;

  constructor(stream: ByteStream, source: LoginSource | undefined, effects: PeekOptions & Partial<LoginEffects>) {
    this.stream = stream;
    this.#source = source;
    this.#effects = effects;
  }

  /** Begins the read that the next script begins with; rejects as soon as the source has gone. */
  readAhead(bytes: number, what: string): Promise<Uint8Array> {
    return this.#ahead = readExactly(this.stream, bytes, what);
  }

  async run<Result>(script: Script<Result, LoginStep>, limits: PeekOptions = this.#effects): Promise<Result> {
    const deadline = startDeadline(limits.timeoutMs ?? LOGIN_MS, limits.signal);
    try {
      return await runScript(script, (step) => this.#perform(step, deadline));
    } catch (thrown) {
      this.stream.close();
      throw thrown;
    } finally {
      deadline.clear();
    }
  }

  async #perform(step: LoginStep, deadline: Deadline): Promise<unknown> {
    const what = step.do === "read" ? step.what : "its answer";
    return await deadline.guard(this.#take(step), () => new Overdue(what));
  }

  #take(step: LoginStep): Promise<unknown> {
    switch (step.do) {
      case "read":
        return this.#read(step.bytes, step.what);
      case "write":
        return writeAll(this.stream, step.bytes);
      case "start_tls":
        return this.#startTls();
      case "check_key":
        return this.#judge({ proof: "key", bytes: step.key });
      case "client_key":
        return this.#effects.getClientKey!();
      case "seal":
        this.stream = sealStream(this.stream, step.opener, step.sealer);
        return Promise.resolve();
    }
  }

  #read(bytes: number, what: string): Promise<Uint8Array> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    return ahead ?? readExactly(this.stream, bytes, what);
  }

  async #startTls(): Promise<void> {
    const source = this.#source!;
    const options = { ca: source.tls?.ca, serverName: expectedName(source) };
    const { stream, certificate, caError } = await upgradeTls(this.stream, options).catch(explainTls);
    this.stream = stream;
    await this.#judge({
      proof: "certificate",
      bytes: certificate,
      ...(caError === undefined ? {} : { caError }),
    });
  }

  async #judge(presented: Parameters<Trust["judge"]>[1]): Promise<void> {
    this.identity = await this.#effects.trust!.judge(this.#source!, presented);
  }
}

function explainTls(cause: Error): never {
  const words = cleanReason(new TextEncoder().encode(cause.message));
  throw new LoginRefused("refused", `TLS with the server could not be started: ${words}`, { cause });
}

/** Asks for what is needed and no more: the next byte may be the first of TLS. */
async function readExactly(stream: ByteStream, bytes: number, what: string): Promise<Uint8Array> {
  const reader = stream.readable.getReader({ mode: "byob" });
  try {
    const { value } = await reader.read(new Uint8Array(bytes), { min: bytes });
    if (value?.length !== bytes) throw new StreamEnded(what);
    return value;
  } catch (cause) {
    // A reset is an end like any other.
    throw cause instanceof StreamEnded || cause instanceof LoginRefused ? cause : new StreamEnded(what, { cause });
  } finally {
    reader.releaseLock();
  }
}

/** A failed write is no news: the source has closed, and why may still wait to be read. */
async function writeAll(stream: ByteStream, bytes: Uint8Array): Promise<void> {
  const writer = stream.writable.getWriter();
  writer.closed.catch(() => {});
  await writer.write(bytes).catch(() => {});
  writer.releaseLock();
}
