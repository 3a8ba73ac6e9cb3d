/** Watches a login that passes between a viewer and a source, to find the first byte after it. */
import { readU16, readU32 } from "./big_endian.ts";
import { EMPTY } from "./remainder.ts";
import { parseReply, type SpokenVersion, VERSION_BYTES } from "./version.ts";

type Side = "down" | "up";

/** A step takes exactly so many bytes of one side. */
interface Step {
  readonly side: Side;
  readonly bytes: number;
}

/** "lost" when the login failed, or was one that cannot be followed. */
export type LoginState = "login" | "over" | "lost";

type Watch<Result> = Generator<Step, Result, Uint8Array>;

/** No login needs more in one piece, and no peer may send more ahead. */
const HELD_CAP_BYTES = 64 * 1024;
const NONE = 1;
const VNC_AUTH = 2;
const RA2NE = 6;
const TIGHT = 16;
const VENCRYPT = 19;
const XVP = 22;
const APPLE_DH = 30;
const MS_LOGON_II = 113;
const PLAIN = 256;
const SERVER_INIT_HEAD_BYTES = 24;
const CAPABILITY_BYTES = 16;
const SEAL_TAG_BYTES = 16;

/**
 * Reads both directions of a login that the viewer carries out by itself, in any chunks. It keeps 64 KiB of each while
 * the login lasts, and never throws.
 */
export class LoginWatch {
  readonly #script: Watch<boolean>;
  readonly #held: Record<Side, Uint8Array> = { down: EMPTY, up: EMPTY };
  #step: Step | undefined;
  #state: LoginState = "login";

  /** @param version when the two have agreed on it already, and the security types come next */
  constructor(version?: SpokenVersion) {
    this.#script = watchLogin(version);
    this.#take(this.#script.next());
  }

  /** Takes the next bytes of one direction and returns the state that they lead to. */
  push(side: Side, bytes: Uint8Array): LoginState {
    if (this.#state !== "login") return this.#state;
    this.#held[side] = join(this.#held[side], bytes);
    while (this.#step && this.#held[this.#step.side].length >= this.#step.bytes) this.#feed(this.#step);
    const { down, up } = this.#held;
    if (this.#step && Math.max(down.length, up.length, this.#step.bytes) > HELD_CAP_BYTES) this.#lose();
    return this.#state;
  }

  /** What came after the login's end, once that is over. */
  get rest(): Readonly<Record<Side, Uint8Array>> {
    return this.#held;
  }

  #feed({ side, bytes }: Step): void {
    const held = this.#held[side];
    this.#held[side] = held.subarray(bytes);
    this.#take(this.#script.next(held.subarray(0, bytes)));
  }

  #take({ done, value }: IteratorResult<Step, boolean>): void {
    if (!done) return void (this.#step = value);
    if (!value) return this.#lose();
    this.#step = undefined;
    this.#state = "over";
  }

  #lose(): void {
    this.#step = undefined;
    this.#state = "lost";
    this.#held.down = this.#held.up = EMPTY;
  }
}

/** From ProtocolVersion to ServerInit (RFC 6143 section 7); false when it failed or cannot be followed. */
function* watchLogin(agreed: SpokenVersion | undefined): Watch<boolean> {
  const version = agreed ?? (yield* watchVersion());
  if (version === undefined) return false;
  const type = version === "3.3" ? readU32(yield* take("down", 4), 0) : yield* watchChoice();
  const inner = yield* watchType(type);
  if (inner === undefined) return false;
  const hasResult = inner !== NONE || version === "3.8";
  if (hasResult && readU32(yield* take("down", 4), 0) !== 0) return false;
  yield* take("up", 1);
  const head = yield* take("down", SERVER_INIT_HEAD_BYTES);
  yield* take("down", readU32(head, SERVER_INIT_HEAD_BYTES - 4));
  if (type === TIGHT) yield* watchTightInit();
  return true;
}

function* watchVersion(): Watch<SpokenVersion | undefined> {
  yield* take("down", VERSION_BYTES);
  return parseReply(yield* take("up", VERSION_BYTES));
}

function* watchChoice(): Watch<number> {
  const [count] = yield* take("down", 1);
  yield* take("down", count!);
  return (yield* take("up", 1))[0]!;
}

/** Watches one security type; gives the innermost one, or undefined for one that cannot be followed. */
function* watchType(type: number): Watch<number | undefined> {
  if (type === TIGHT) return yield* watchTight();
  if (type === VENCRYPT) return yield* watchVencrypt();
  return yield* watchPlainType(type);
}

/** Watches a type that has none inside. */
function* watchPlainType(type: number): Watch<number | undefined> {
  const watch = exchanges.get(type);
  if (!watch) return undefined;
  yield* watch();
  return type;
}

/** What follows the choice of a type, up to SecurityResult: every type that noVNC speaks, since it is the viewer's. */
const exchanges: ReadonlyMap<number, () => Watch<void>> = new Map([
  [NONE, function* () {}],
  [VNC_AUTH, watchVncAuth],
  [RA2NE, watchRa2ne],
  [XVP, watchXvp],
  [APPLE_DH, watchAppleDh],
  [MS_LOGON_II, watchMsLogonII],
  [PLAIN, watchPlain],
]);

/** RFC 6143 section 7.2.2: challenge and response. */
function* watchVncAuth(): Watch<void> {
  yield* take("down", 16);
  yield* take("up", 16);
}

/** rfbproto, "RSA-AES Security Type": keys, randoms, hashes of the keys, then the question and the credentials. */
function* watchRa2ne(): Watch<void> {
  for (const side of ["down", "up"] as const) {
    const bits = readU32(yield* take(side, 4), 0);
    yield* take(side, 2 * Math.ceil(bits / 8));
  }
  for (const side of ["down", "up"] as const) yield* takeCounted(side, 0);
  for (const side of ["down", "up", "down", "up"] as const) yield* takeCounted(side, SEAL_TAG_BYTES);
}

/** rfbproto, "Diffie-Hellman Authentication": generator, prime and key down, credentials and key up. */
function* watchAppleDh(): Watch<void> {
  const keyBytes = readU16(yield* take("down", 4), 2);
  yield* take("down", 2 * keyBytes);
  yield* take("up", 128 + keyBytes);
}

/** noVNC's XVP: lengths of user name and target, both texts, then as VNC Authentication. */
function* watchXvp(): Watch<void> {
  const [user, target] = yield* take("up", 2);
  yield* take("up", user! + target!);
  yield* watchVncAuth();
}

/** UltraVNC's MS-Logon II: generator, modulus and key down; key, user name and password up. */
function* watchMsLogonII(): Watch<void> {
  yield* take("down", 24);
  yield* take("up", 8 + 256 + 64);
}

/** rfbproto, "VeNCrypt", Plain. */
function* watchPlain(): Watch<void> {
  const lengths = yield* take("up", 8);
  yield* take("up", readU32(lengths, 0) + readU32(lengths, 4));
}

/** rfbproto, "VeNCrypt": of its subtypes a browser speaks those without TLS. */
function* watchVencrypt(): Watch<number | undefined> {
  yield* take("down", 2);
  yield* take("up", 2);
  const [refused] = yield* take("down", 1);
  if (refused !== 0) return undefined;
  const [count] = yield* take("down", 1);
  yield* take("down", 4 * count!);
  return yield* watchPlainType(readU32(yield* take("up", 4), 0));
}

/** rfbproto, "Tight Security Type": tunnels and logins, each a list that is answered when it is not empty. */
function* watchTight(): Watch<number | undefined> {
  if ((yield* watchCapabilities()) > 0) yield* take("up", 4);
  if ((yield* watchCapabilities()) === 0) return NONE;
  return yield* watchPlainType(readU32(yield* take("up", 4), 0));
}

function* watchCapabilities(): Watch<number> {
  const count = readU32(yield* take("down", 4), 0);
  yield* take("down", CAPABILITY_BYTES * count);
  return count;
}

/** rfbproto, "ServerInit", Tight: three lists of capabilities behind ServerInit. */
function* watchTightInit(): Watch<void> {
  const counts = yield* take("down", 8);
  const total = readU16(counts, 0) + readU16(counts, 2) + readU16(counts, 4);
  yield* take("down", CAPABILITY_BYTES * total);
}

function* takeCounted(side: Side, extraBytes: number): Watch<void> {
  yield* take(side, readU16(yield* take(side, 2), 0) + extraBytes);
}

function* take(side: Side, bytes: number): Watch<Uint8Array> {
  return yield { side, bytes };
}

function join(held: Uint8Array, more: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(held.length + more.length);
  bytes.set(held);
  bytes.set(more, held.length);
  return bytes;
}
