/** The handshake of the gateway with a source, over an open stream. */
import type { ByteStream } from "../bridge/byte_stream.ts";
import { type Offer, type OpenSource, openSource } from "../rfb/handshake.ts";
import { titled } from "../rfb/script.ts";
import type { Login } from "../rfb/security/login.ts";
import { encodeServerInit, type ServerInit } from "../rfb/server_init.ts";
import { readVersion, type Version } from "../rfb/version.ts";
import { closeOnFailure } from "./close_on_failure.ts";
import { pickCredentials } from "./credentials.ts";
import { type LoginEffects, type LoginLimits, LoginRunner, type LoginSource } from "./login_runner.ts";
import type { Identity, Trust } from "./trust.ts";

/** How long a source may take to send its version. */
const VERSION_MS = 10_000;

/** A source that is open and logged in to. */
export interface LoggedIn {
  /** The stream from here on: the original one, or the plain stream inside TLS or RSA-AES. */
  readonly stream: ByteStream;
  /** ServerInit for the viewer. */
  readonly serverInit: Uint8Array<ArrayBuffer>;
  readonly desktop: ServerInit;
  /** Whether the source's own pixel format has a colour map; the gateway has then asked for true colour. */
  readonly hasColourMap: boolean;
  /** "3.8" */
  readonly version: string;
  /** "VeNCrypt X509Plain" */
  readonly security: string;
  /** Whether the bytes to and from the source are encrypted. */
  readonly encrypted: boolean;
  /** How the source proved itself, where its security type can. */
  readonly identity?: Identity;
}

/**
 * Logs in up to ServerInit, and goes on after the offer where one has been `seen`; no byte after ServerInit is read.
 *
 * @throws {LoginRefused} with a whole sentence; the stream is then closed.
 */
export async function logIn(
  stream: ByteStream,
  source: LoginSource,
  effects: LoginEffects,
  seen?: Offer,
): Promise<LoggedIn> {
  const runner = new LoginRunner(stream, source, effects);
  const login = await closeOnFailure(stream, buildLogin(source, effects.trust));
  const begun = seen ?? { version: await readVersionOf(runner, source.title, effects) };
  return describeLogin(runner, await runner.run(openSource(source.title, login, begun)));
}

/** Reads the version of a source, which has less time for it than for the rest: no server asks its user before it. */
export function readVersionOf(
  runner: LoginRunner,
  title: string,
  { signal, setTimer, timeoutMs = VERSION_MS }: LoginLimits,
): Promise<Version> {
  const limits = { signal, setTimer, timeoutMs: Math.min(timeoutMs, VERSION_MS) };
  return runner.run(titled(title, readVersion()), limits);
}

/** Reads only the 12 bytes of ProtocolVersion, within 10 s by default. @throws {LoginRefused} */
export function peekVersion(stream: ByteStream, title: string, limits: LoginLimits): Promise<Version> {
  return readVersionOf(new LoginRunner(stream, undefined, limits), title, limits);
}

/** The login of the protocol, from the configuration of a source. */
export async function buildLogin(source: LoginSource, trust: Trust): Promise<Login> {
  return { ...pickCredentials(source), shared: source.shared, proofs: await trust.listProofs(source) };
}

/** The result of a login, with the current stream of the runner. */
export function describeLogin({ stream, identity }: LoginRunner, open: OpenSource): LoggedIn {
  const { version, security, encrypted, serverInit, hasColourMap } = open;
  return {
    stream,
    serverInit: encodeServerInit(serverInit),
    desktop: serverInit,
    hasColourMap,
    version: version.spoken,
    security,
    encrypted,
    ...(identity ? { identity } : {}),
  };
}
