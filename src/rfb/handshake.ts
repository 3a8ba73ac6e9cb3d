/** The gateway's side of the RFB handshake with a source, from ProtocolVersion to ServerInit (RFC 6143 section 7). */
import { chooseType, foreseeType } from "./choose.ts";
import { nameTypes } from "./describe.ts";
import { type LoginStep, peekProof } from "./login_step.ts";
import { encodeSetPixelFormat, isTrueColour, TRUE_COLOUR_FORMAT } from "./pixel_format.ts";
import { FAILED, readReason, refuseResult, refuseWith } from "./reason.ts";
import { LoginRefused, refuseAnotherViewer } from "./refusal.ts";
import { read, readU32, readU8, type Script, StreamEnded, titled, u32, u8, write } from "./script.ts";
import type { Login } from "./security/login.ts";
import type { ContainerType, Inside, LoginType } from "./security/security_type.ts";
import { type SecurityPath, speakType } from "./security/speak.ts";
import { SECURITY_TYPES } from "./security/table.ts";
import { readServerInit, type ServerInit } from "./server_init.ts";
import { encodeVersion, readVersion, type Version } from "./version.ts";

/** The security types that a source offers after the gateway has answered its version. */
export interface Offer {
  readonly version: Version;
  /** Security types in the server's order; one in version 3.3, where the server decides. */
  readonly types: readonly number[];
}

/** What has been read of a handshake that is to go on: the version, and perhaps the offer. */
export type Seen = Pick<Offer, "version"> & Partial<Offer>;

/** A source that has accepted the login and waits for ClientInit. */
export interface Admission {
  readonly version: Version;
  readonly path: SecurityPath;
  /** Name of the security types that were spoken: "VeNCrypt X509Plain". */
  readonly security: string;
  /** Whether the bytes after the login are encrypted. */
  readonly encrypted: boolean;
}

/** A source that is open: the next byte down is a server message. */
export interface OpenSource extends Admission {
  /** The desktop in the pixel format that the source sends from now on, which is always true colour. */
  readonly serverInit: ServerInit;
  /** Whether the source's own pixel format has a colour map, of which it may send entries whatever it was asked. */
  readonly hasColourMap: boolean;
}

const { none } = SECURITY_TYPES;

/**
 * Logs in, sends ClientInit and reads ServerInit; sentences in refusals call the source `title`. Goes on after what
 * has been `seen`.
 *
 * @throws {LoginRefused}
 */
export function openSource(title: string, login: Login, seen?: Seen): Script<OpenSource, LoginStep> {
  return titled(title, open(login, seen));
}

/** First part of `openSource`: logs in, and leaves the source waiting for ClientInit. @throws {LoginRefused} */
export function admitUs(title: string, login: Login, seen?: Seen): Script<Admission, LoginStep> {
  return titled(title, admit(login, seen));
}

/** Second part of `openSource`: sends ClientInit and reads ServerInit. @throws {LoginRefused} */
export function enterSource(title: string, admission: Admission, shared: boolean): Script<OpenSource> {
  return titled(title, enter(admission, shared));
}

/** Answers the version of a source and reads the security types that it offers. @throws {LoginRefused} */
export function peekTypes(title: string, version: Version): Script<Offer> {
  return titled(title, readTypesFor(version));
}

/** Chooses a container and reads the codes in the list inside. Only `peekIdentity` can follow it. @throws {LoginRefused} */
export function peekInside(title: string, { version }: Offer, container: ContainerType): Script<Inside> {
  return titled(title, readInside(version, container));
}

/**
 * Goes on as the login would, up to where the source proves its identity, but sends no secret. Nothing can follow it.
 *
 * @throws {LoginRefused} what the login would come to.
 */
export function peekIdentity(title: string, login: Login, offer: Offer, inside?: Inside): Script<void, LoginStep> {
  return titled(title, proveIdentity(login, offer, inside));
}

function* open(login: Login, seen?: Seen): Script<OpenSource, LoginStep> {
  return yield* enter(yield* admit(login, seen), login.shared);
}

function* admit(login: Login, seen?: Seen): Script<Admission, LoginStep> {
  const version = seen?.version ?? (yield* readVersion());
  const types = seen?.types ?? (yield* readTypesFor(version)).types;
  const chosen = chooseType(types, login);
  yield* answerOffer(version, chosen.code);
  const path = yield* speakType(chosen, login);
  // None has no SecurityResult before 3.8 (RFC 6143 appendix A).
  if (path.last !== none || version.spoken === "3.8") yield* readResult(version, path.last);
  return { version, path, security: nameTypes([...path.within, path.last]), encrypted: path.last.encrypts };
}

function* enter(admission: Admission, shared: boolean): Script<OpenSource> {
  yield* write(u8(shared ? 1 : 0));
  const serverInit = yield* readDesktop(admission.path);
  if (isTrueColour(serverInit.pixelFormat)) return { ...admission, serverInit, hasColourMap: false };
  yield* write(encodeSetPixelFormat(TRUE_COLOUR_FORMAT));
  return { ...admission, serverInit: { ...serverInit, pixelFormat: TRUE_COLOUR_FORMAT }, hasColourMap: true };
}

function* readInside(version: Version, container: ContainerType): Script<Inside> {
  yield* answerOffer(version, container.code);
  return { container, codes: yield* container.readInner() };
}

function* proveIdentity(login: Login, { version, types }: Offer, inside?: Inside): Script<void, LoginStep> {
  const outer = foreseeType(types, login);
  if (outer.proof === null || inside && inside.container !== outer) return;
  const chosen = inside ? foreseeType(inside.codes, login, [inside.container]) : outer;
  if (!("speak" in chosen) || chosen.proof === null) return;
  if (inside) yield* write(u32(chosen.code));
  else yield* answerOffer(version, chosen.code);
  yield* peekProof(chosen.speak(login));
}

function* readTypesFor(version: Version): Script<Offer> {
  yield* write(encodeVersion(version.spoken));
  return { version, types: version.spoken === "3.3" ? yield* readType() : yield* readTypes() };
}

/** Sends the chosen type; in version 3.3 the server has decided. */
function* answerOffer({ spoken }: Version, code: number): Script<void> {
  if (spoken !== "3.3") yield* write(u8(code));
}

/** The Security message (RFC 6143 section 7.1.2): U8 count and U8 types; a reason follows a count of 0. */
function* readTypes(): Script<number[]> {
  const count = yield* readU8("its security types");
  if (count === 0) throw refuseWith(yield* readReason(), "refused");
  return [...yield* read(count, "its security types")];
}

/** The Security message of 3.3 (RFC 6143 appendix A.1): the type that the server chose, a U32; a reason follows a 0. */
function* readType(): Script<number[]> {
  const type = yield* readU32("its security type");
  if (type === 0) throw refuseWith(yield* readReason(), "refused");
  return [type];
}

/** SecurityResult (RFC 6143 section 7.1.3); before 3.8 a failure has no reason. */
function* readResult(version: Version, spoken: LoginType): Script<void> {
  const result = yield* readResultCode(spoken);
  if (result === 0) return;
  throw refuseResult(result, version.spoken === "3.8" ? yield* readReason() : "", spoken.needs);
}

/**
 * A server that closes when it got the secret has refused it: x11vnc ends the process that speaks TLS for it, at times
 * before that has passed the SecurityResult on. A connection that broke says nothing about the secret.
 */
function* readResultCode(spoken: LoginType): Script<number> {
  try {
    return yield* readU32("its SecurityResult");
  } catch (error) {
    if (error instanceof StreamEnded && error.isClosed && spoken.needs.length > 0) return FAILED;
    throw error;
  }
}

/** Reads ServerInit. Only ServerInit proves the login: a full QEMU closes after SecurityResult 0. */
function* readDesktop({ within, last }: SecurityPath): Script<ServerInit> {
  try {
    const serverInit = yield* readServerInit();
    for (const { skipAfterServerInit } of within) if (skipAfterServerInit) yield* skipAfterServerInit();
    return serverInit;
  } catch (error) {
    throw explainNoDesktop(error, last);
  }
}

function explainNoDesktop(error: unknown, { falseOk }: LoginType): unknown {
  const ended = error instanceof StreamEnded && error.isClosed;
  const garbage = error instanceof LoginRefused && error.kind === "malformed";
  if (falseOk && (ended || garbage)) {
    return new LoginRefused("wrong_secret", "the server refused the user name or password", { cause: error });
  }
  return ended ? refuseAnotherViewer({ cause: error }) : error;
}
