/** Watches a login that passes between a viewer and a source, to find the first byte after it. */
import { readU32 } from "./big_endian.ts";
import { cleanReason, FAILED, REASON_CAP_BYTES, refuseResult } from "./reason.ts";
import { LoginRefused } from "./refusal.ts";
import { EMPTY } from "./remainder.ts";
import type { ContainerType, SecurityList, SecurityType } from "./security/security_type.ts";
import { findType, listAsked, SECURITY_TYPES } from "./security/table.ts";
import { type Side, take, type Watch, type WatchStep } from "./security/watch.ts";
import { SERVER_INIT_HEAD_BYTES } from "./server_init.ts";
import { parseReply, type SpokenVersion, VERSION_BYTES } from "./version.ts";

/** "lost" if the login failed, or is of a kind that cannot be followed. */
export type LoginState = "login" | "over" | "lost";

/** What is known at the start of a login, and who learns of its result. */
interface LoginWatchOptions {
  /** The version, if both sides have agreed on it already and the security types come next. */
  readonly version?: SpokenVersion;
  /** Called once when the login is over, or refused; never for a login that cannot be followed. */
  readonly onResult?: (refusal?: LoginRefused) => void;
}

/** Nested types that the viewer chose, the outermost first. */
interface WatchedPath {
  readonly within: readonly ContainerType[];
  readonly last: SecurityType;
}

/** Maximum number of bytes kept of each direction: no login needs more at once, and no peer may send more ahead. */
const HELD_CAP_BYTES = 64 * 1024;
const { none } = SECURITY_TYPES;

/**
 * Reads both directions of a login that the viewer carries out by itself, in any chunks. It keeps 64 KiB of each while
 * the login lasts, and never throws.
 */
export class LoginWatch {
  /** Undefined when there is nothing left to watch: the session keeps the watch to its end. */
  #script: Watch<LoginRefused | boolean> | undefined;
  readonly #held: Record<Side, Uint8Array> = { down: EMPTY, up: EMPTY };
  readonly #onResult: (refusal?: LoginRefused) => void;
  #step: WatchStep | undefined;
  #state: LoginState = "login";
  #refusal: LoginRefused | undefined;
  #hasEntered = false;

  constructor({ version, onResult = () => {} }: LoginWatchOptions = {}) {
    this.#onResult = onResult;
    const script = this.#script = watchLogin(version, () => this.#hasEntered = true);
    this.#take(script.next());
  }

  /** Takes the next bytes of one direction and returns the resulting state. */
  push(side: Side, bytes: Uint8Array): LoginState {
    if (this.#state !== "login") return this.#state;
    this.#held[side] = join(this.#held[side], bytes);
    while (this.#step && this.#held[this.#step.side].length >= this.#step.bytes) this.#feed(this.#step);
    const { down, up } = this.#held;
    if (this.#step && Math.max(down.length, up.length, this.#step.bytes) > HELD_CAP_BYTES) this.#lose();
    return this.#state;
  }

  /** The source has closed the connection, which refuses the login where it has just got a secret. */
  end(): LoginRefused | undefined {
    const refusal = this.#step?.ifClosed;
    if (refusal) this.#refuse(refusal);
    return this.#refusal;
  }

  /** Whether the viewer was accepted and has sent ClientInit, which may end other viewers' connections. */
  get hasEntered(): boolean {
    return this.#hasEntered;
  }

  /** The step of the source that the login waits for; undefined if it waits for the viewer, or no longer. */
  get awaited(): object | undefined {
    return this.#step?.side === "down" ? this.#step : undefined;
  }

  /** Whether there is nothing left to watch: the login was refused, or cannot be followed. */
  get isLost(): boolean {
    return this.#state === "lost";
  }

  /** Takes the bytes that came after the login, once it is over. */
  takeRest(): Readonly<Record<Side, Uint8Array>> {
    const { up, down } = this.#held;
    this.#held.up = this.#held.down = EMPTY;
    return { up, down };
  }

  #feed({ side, bytes }: WatchStep): void {
    const held = this.#held[side];
    this.#held[side] = held.subarray(bytes);
    if (this.#script) this.#take(this.#script.next(held.subarray(0, bytes)));
  }

  #take({ done, value }: IteratorResult<WatchStep, LoginRefused | boolean>): void {
    if (!done) return void (this.#step = value);
    if (value instanceof LoginRefused) return this.#refuse(value);
    if (!value) return this.#lose();
    this.#step = this.#script = undefined;
    this.#state = "over";
    this.#onResult();
  }

  #refuse(refusal: LoginRefused): void {
    this.#refusal = refusal;
    this.#lose();
    this.#onResult(refusal);
  }

  #lose(): void {
    this.#step = this.#script = undefined;
    this.#state = "lost";
    this.#held.down = this.#held.up = EMPTY;
  }
}

/** Watches from ProtocolVersion to ServerInit (RFC 6143 section 7); false if the login cannot be followed. */
function* watchLogin(agreed: SpokenVersion | undefined, onEntered: () => void): Watch<LoginRefused | boolean> {
  const version = agreed ?? (yield* watchVersion());
  if (version === undefined) return false;
  const type = version === "3.3" ? readU32(yield* take("down", 4), 0) : yield* watchChoice();
  const path = yield* watchType(type, "rfb");
  if (path === undefined) return false;
  const hasResult = path.last !== none || version === "3.8";
  const refusal = hasResult ? yield* watchResult(version, path.last) : undefined;
  if (refusal) return refusal;
  yield* take("up", 1);
  onEntered();
  const head = yield* take("down", SERVER_INIT_HEAD_BYTES);
  yield* take("down", readU32(head, SERVER_INIT_HEAD_BYTES - 4));
  for (const { watchAfterServerInit } of path.within) if (watchAfterServerInit) yield* watchAfterServerInit();
  return true;
}

/** SecurityResult (RFC 6143 section 7.1.3) and the reason of a failure; undefined if it is OK. */
function* watchResult(version: SpokenVersion, last: SecurityType): Watch<LoginRefused | undefined> {
  const needs = listAsked(last);
  const ifClosed = needs.length > 0 ? refuseResult(FAILED, "", needs) : undefined;
  const result = readU32(yield* take("down", 4, ifClosed), 0);
  if (result === 0) return undefined;
  if (version !== "3.8") return refuseResult(result, "", needs);
  const reasonBytes = readU32(yield* take("down", 4, refuseResult(result, "", needs)), 0);
  if (reasonBytes > REASON_CAP_BYTES) return refuseResult(result, "", needs);
  const reason = yield* take("down", reasonBytes, refuseResult(result, "", needs));
  return refuseResult(result, cleanReason(reason), needs);
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

/** Watches the type that `code` means in `list`; undefined for one that noVNC does not speak, or that is refused. */
function* watchType(code: number, list: SecurityList): Watch<WatchedPath | undefined> {
  const type = findType(code, list);
  if (!type?.watch) return undefined;
  if (!("holds" in type)) {
    yield* type.watch();
    return { within: [], last: type };
  }
  const inner = yield* type.watch();
  if (inner === "refused") return undefined;
  const path = inner === "none" ? { within: [], last: none } : yield* watchType(inner, type.holds);
  return path && { within: [type, ...path.within], last: path.last };
}

function join(held: Uint8Array, more: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(held.length + more.length);
  bytes.set(held);
  bytes.set(more, held.length);
  return bytes;
}
