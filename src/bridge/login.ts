/** Runs the handshake with a source over its open stream. */
import type { Source } from "../config/config.ts";
import { type From, type Look, lookAt, type Offer, openSource, readOffer } from "../rfb/handshake.ts";
import type { ClientKey, LoginStep } from "../rfb/login_step.ts";
import { cleanReason } from "../rfb/reason.ts";
import { LoginRefused } from "../rfb/refusal.ts";
import { Overdue, runScript, type Script, StreamEnded, titled } from "../rfb/script.ts";
import { encodeServerInit, type ServerInit } from "../rfb/server_init.ts";
import { readVersion, type Version } from "../rfb/version.ts";
import type { ByteStream } from "./byte_stream.ts";
import { type Deadline, startDeadline } from "./deadline.ts";
import { sealStream } from "./sealed_stream.ts";
import { upgradeTls } from "./tls_upgrade.ts";
import { expectedName, type Identity, type Trust } from "./trust.ts";

/** A slow PAM takes 2.6 s to say no, x11vnc up to 6. */
const LOGIN_MS = 20_000;
/** How long a source may take to say its version. */
const VERSION_MS = 10_000;

/** The part of a source that a log-in depends on. */
export type LoginSource = Pick<Source, "name" | "title" | "target" | "username" | "password" | "tls" | "shared">;

/** What a log-in needs besides the source. */
export interface LoginEffects {
  readonly trust: Trust;
  /** The RSA key of this process, made when it is first needed. */
  readonly getClientKey: () => Promise<ClientKey>;
  /** Ends the log-in, for example because the viewer left; its reason is thrown. */
  readonly signal: AbortSignal;
  /** The whole log-in must be over by then. */
  readonly timeoutMs?: number;
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
  readonly timeoutMs?: number;
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
  const login = { ...pickCredentials(source), shared: source.shared, proofs: effects.trust.listProofs(source) };
  const runner = new Runner(stream, source, effects);
  const { version, serverInit, security, encrypted } = await runner.run(openSource(source.title, login, from));
  const { identity } = runner;
  return {
    stream: runner.stream,
    serverInit: encodeServerInit(serverInit),
    desktop: serverInit,
    version: version.spoken,
    security,
    encrypted,
    ...(identity ? { identity } : {}),
  };
}

/** Reads the 12 bytes of ProtocolVersion and nothing more; within 10 s. @throws {LoginRefused} */
export function peekVersion(stream: ByteStream, title: string, options: PeekOptions): Promise<Version> {
  return new Runner(stream, undefined, { timeoutMs: VERSION_MS, ...options }).run(titled(title, readVersion()));
}

/** Answers the version, and reads the security types and nothing more. @throws {LoginRefused} */
export function peekOffer(stream: ByteStream, title: string, options: PeekOptions, from: From = {}): Promise<Offer> {
  return new Runner(stream, undefined, options).run(readOffer(title, from));
}

/** Looks at a source without a secret, as far as that goes; the caller then closes the stream. @throws {LoginRefused} */
export function peekAll(stream: ByteStream, title: string, options: PeekOptions, from: From = {}): Promise<Look> {
  return new Runner(stream, undefined, options).run(lookAt(title, from));
}

function pickCredentials({ username, password }: LoginSource) {
  return { ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }) };
}

/** Carries out the steps of one script. */
class Runner {
  stream: ByteStream;
  identity: Identity | undefined;
  readonly #source: LoginSource | undefined;
  readonly #effects: PeekOptions & Partial<LoginEffects>;

  constructor(stream: ByteStream, source: LoginSource | undefined, effects: PeekOptions & Partial<LoginEffects>) {
    this.stream = stream;
    this.#source = source;
    this.#effects = effects;
  }

  async run<Result>(script: Script<Result, LoginStep>): Promise<Result> {
    const deadline = startDeadline(this.#effects.timeoutMs ?? LOGIN_MS, this.#effects.signal);
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
        return readExactly(this.stream, step.bytes, step.what);
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

  async #startTls(): Promise<void> {
    const source = this.#source!;
    const options = { ca: source.tls?.ca, serverName: expectedName(source) };
    const { stream, certificate, authorityError } = await upgradeTls(this.stream, options).catch(explainTls);
    this.stream = stream;
    await this.#judge({
      proof: "certificate",
      bytes: certificate,
      ...(authorityError === undefined ? {} : { authorityError }),
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
