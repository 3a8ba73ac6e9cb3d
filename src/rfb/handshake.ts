/** The viewer's side of the RFB handshake with a source, from ProtocolVersion to ServerInit (RFC 6143 section 7). */
import { chooseMechanism, type Login, type Mechanism, PREFERENCE } from "./choose.ts";
import { nameSecurityPath } from "./describe.ts";
import type { LoginStep } from "./login_step.ts";
import { readReason, refuseAsLockedOut, refuseWith } from "./reason.ts";
import { LoginRefused } from "./refusal.ts";
import { read, readU32, readU8, type Script, StreamEnded, titled, u8, write } from "./script.ts";
import { speakType } from "./security/by_code.ts";
import { speakTight } from "./security/tight.ts";
import { readSubtypes, speakVencrypt } from "./security/vencrypt.ts";
import { readServerInit, type ServerInit, skipTightCapabilities } from "./server_init.ts";
import { encodeVersion, readVersion, type Version } from "./version.ts";

/** What a source offers, once its version has been answered. */
export interface Offer {
  readonly version: Version;
  /** Security types in the server's order; one with 3.3, where the server decides. */
  readonly types: readonly number[];
}

/** What a look at a source found. */
export interface Look extends Offer {
  /** The subtypes inside VeNCrypt, when they were asked for. */
  readonly subtypes?: readonly number[];
  /** The desktop, when it could be opened without a secret. */
  readonly serverInit?: ServerInit;
}

/** A source that has let the gateway in: it waits for ClientInit. */
export interface Admission {
  readonly version: Version;
  /** Nested security types from the outside in: `[19, 262]`. */
  readonly path: readonly number[];
  /** Their name: "VeNCrypt X509Plain". */
  readonly security: string;
  readonly encrypted: boolean;
}

/** A source that is open: the next byte down is a server message. */
export interface OpenSource extends Admission {
  readonly serverInit: ServerInit;
}

/** Where the handshake goes on: at its start, after ProtocolVersion was read, or after the types were. */
export type From = { readonly version?: Version } | Offer;

const NONE = 1;
const TIGHT = 16;
const VENCRYPT = 19;
const PLAIN_CODES = [256, 262];
const TOO_MANY = 2;

/** Opens the source as its only word with the viewer's person: logs in, sends ClientInit, reads ServerInit. */
export function openSource(title: string, login: Login, from: From = {}): Script<OpenSource, LoginStep> {
  return titled(title, open(login, from));
}

/** The first part of `openSource`: logs in, and leaves the source waiting for ClientInit. */
export function admitUs(title: string, login: Login): Script<Admission, LoginStep> {
  return titled(title, admit(login, {}));
}

/** The second part: sends ClientInit and reads ServerInit. */
export function enterSource(title: string, admission: Admission, shared: boolean): Script<OpenSource> {
  return titled(title, enter(admission, shared));
}

/** Finds out what the source offers: reads its version, answers it, and reads the security types. */
export function readOffer(title: string, from: From = {}): Script<Offer> {
  return titled(title, offer(from));
}

/**
 * Looks at a source without a secret. It goes the whole way where None is offered, since TigerVNC counts what ends
 * before as a failed login; else it asks VeNCrypt for its subtypes.
 */
export function lookAt(title: string, from: From = {}): Script<Look, LoginStep> {
  return titled(title, look(from));
}

function* open(login: Login, from: From): Script<OpenSource, LoginStep> {
  return yield* enter(yield* admit(login, from), login.shared);
}

function* admit(login: Login, from: From): Script<Admission, LoginStep> {
  const { version, types } = yield* offer(from);
  const chosen = version.spoken === "3.3" ? chooseMechanism(types, login, []) : yield* choose(types, login);
  const path = yield* speak(chosen.code, login);
  const last = findLast(path);
  if (last.code !== NONE || version.spoken === "3.8") yield* readResult(version, last);
  return { version, path, security: nameSecurityPath(path), encrypted: last.encrypts };
}

function* enter(admission: Admission, shared: boolean): Script<OpenSource> {
  const { path } = admission;
  yield* write(u8(shared ? 1 : 0));
  return { ...admission, serverInit: yield* readDesktop(path, findLast(path)) };
}

/** The type that carried out the login: the innermost. */
function findLast(path: readonly number[]): Mechanism {
  return PREFERENCE.find(({ code }) => code === path.at(-1))!;
}

function* look(from: From): Script<Look, LoginStep> {
  const found = yield* offer(from);
  if (found.types.includes(NONE)) {
    const { serverInit } = yield* open({ shared: true, proofs: [] }, { ...found, types: [NONE] });
    return { ...found, serverInit };
  }
  if (!found.types.includes(VENCRYPT)) return found;
  yield* write(u8(VENCRYPT));
  return { ...found, subtypes: yield* readSubtypes() };
}

function* offer(from: From): Script<Offer> {
  if ("types" in from) return from;
  const version = from.version ?? (yield* readVersion());
  yield* write(encodeVersion(version.spoken));
  return { version, types: version.spoken === "3.3" ? yield* readType() : yield* readTypes() };
}

/** RFC 6143 section 7.1.2: U8 count and U8 types; a count of 0 is followed by a reason. */
function* readTypes(): Script<number[]> {
  const count = yield* readU8("its security types");
  if (count === 0) throw refuseWith(yield* readReason(), "refused");
  return [...yield* read(count, "its security types")];
}

/** RFC 6143 appendix A.1: in version 3.3 the server decides on one U32 type; 0 is followed by a reason. */
function* readType(): Script<number[]> {
  const type = yield* readU32("its security type");
  if (type === 0) throw refuseWith(yield* readReason(), "refused");
  return [type];
}

function* choose(types: readonly number[], login: Login): Script<Mechanism> {
  const chosen = chooseMechanism(types, login, []);
  yield* write(u8(chosen.code));
  return chosen;
}

function* speak(code: number, login: Login): Script<readonly number[], LoginStep> {
  if (code === VENCRYPT) return [VENCRYPT, yield* speakVencrypt(login)];
  if (code === TIGHT) return [TIGHT, yield* speakTight(login)];
  yield* speakType(code, login);
  return [code];
}

/** RFC 6143 section 7.1.3; before 3.8 no reason follows a failure. */
function* readResult(version: Version, spoken: Mechanism): Script<void> {
  const result = yield* readResultCode(spoken);
  if (result === 0) return;
  const reason = version.spoken === "3.8" ? yield* readReason() : "";
  // x11vnc -unixpw_cmd sends the reason's length in the place of the result: whatever is not 0 is a failure.
  if (result === TOO_MANY) throw refuseAsLockedOut(reason);
  const secret = spoken.needs.includes("username") ? "user name or password" : "password";
  throw refuseWith(reason, spoken.needs.length > 0 ? "wrong_secret" : "refused", secret);
}

function* readResultCode(spoken: Mechanism): Script<number> {
  try {
    return yield* readU32("its SecurityResult");
  } catch (error) {
    if (!(error instanceof StreamEnded) || spoken.needs.length === 0) throw error;
    throw new LoginRefused("wrong_secret", "the server closed the connection on seeing the password", { cause: error });
  }
}

/** SecurityResult 0 proves nothing: QEMU closes after it when it is full, neatvnc 0.5 when the password was wrong. */
function* readDesktop(path: readonly number[], spoken: Mechanism): Script<ServerInit> {
  try {
    const serverInit = yield* readServerInit();
    if (path.includes(TIGHT)) yield* skipTightCapabilities();
    return serverInit;
  } catch (error) {
    throw explainNoDesktop(error, spoken);
  }
}

function explainNoDesktop(error: unknown, spoken: Mechanism): unknown {
  const ended = error instanceof StreamEnded;
  const garbage = error instanceof LoginRefused && error.kind === "malformed";
  if (PLAIN_CODES.includes(spoken.code) && (ended || garbage)) {
    return new LoginRefused("wrong_secret", "the server refused the user name or password", { cause: error });
  }
  if (!ended) return error;
  return new LoginRefused("busy", "the server closed after the login: it takes no further viewer", { cause: error });
}
