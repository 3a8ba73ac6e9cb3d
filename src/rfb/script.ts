/**
 * A handshake as a script: a generator that says what to read and write and never touches a connection (sans-IO).
 *
 * The runner of the script answers each step, or throws `StreamEnded` or `Overdue` into it, so that the script can say
 * what the silence means at that point. Scripts compose with `yield*`.
 */
import { LoginRefused, refuseUnanswered } from "./refusal.ts";

/** Steps of every script: `read` is answered with exactly that many bytes, `write` with nothing. */
export type WireStep =
  | { readonly do: "read"; readonly bytes: number; readonly what: string }
  | { readonly do: "write"; readonly bytes: Uint8Array };

/** A generator of steps that returns a result. */
export type Script<Result, Step = WireStep> = Generator<Step, Result, unknown>;

/** Maximum size of one read in bytes: no honest handshake message has more. */
const READ_CAP_BYTES = 64 * 1024;

/** Thrown into a script when the stream ends before all of `what` has arrived; with a cause, the connection broke. */
export class StreamEnded extends Error {
  constructor(readonly what: string, options?: ErrorOptions) {
    super(`the stream ended before ${what}`, options);
  }

  /** Whether the other side closed the connection. Otherwise it broke: a reset, a timeout of the network. */
  get isClosed(): boolean {
    return this.cause === undefined;
  }
}

/** Thrown into a script when the time is up before all of `what` has arrived. */
export class Overdue extends Error {
  /** @param mayAsk whether the server may be asking its user meanwhile */
  constructor(readonly what: string, readonly mayAsk = false) {
    super(`${what} did not arrive in time`);
  }
}

/**
 * Reads exactly `bytes` bytes; `what` names them in the sentence for the user, as in "its security types".
 *
 * @throws {LoginRefused} `malformed` for more than `READ_CAP_BYTES`.
 */
export function* read(bytes: number, what: string): Script<Uint8Array<ArrayBuffer>> {
  if (bytes > READ_CAP_BYTES) throw new LoginRefused("malformed", `${what} would have ${bytes} bytes`);
  if (bytes === 0) return new Uint8Array();
  return (yield { do: "read", bytes, what }) as Uint8Array<ArrayBuffer>;
}

/** Reads one byte. */
export function* readU8(what: string): Script<number> {
  return (yield* read(1, what))[0]!;
}

/** Reads a big-endian 16-bit number. */
export function* readU16(what: string): Script<number> {
  const [high, low] = yield* read(2, what);
  return high! << 8 | low!;
}

/** Reads a big-endian 32-bit number, unsigned. */
export function* readU32(what: string): Script<number> {
  const bytes = yield* read(4, what);
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
}

/** Writes the parts in one step, so that they can leave in one packet. */
export function* write(...parts: readonly Uint8Array[]): Script<void> {
  yield { do: "write", bytes: concat(parts) };
}

/** The parts joined in a new array. */
export function concat(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** One byte. */
export function u8(value: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(value);
}

/** A big-endian 16-bit number. */
export function u16(value: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(value >>> 8, value);
}

/** A big-endian 32-bit number. */
export function u32(value: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

/** Runs a script to its end. Errors of `perform` are thrown into the script, which may know what they mean. */
export async function runScript<Result, Step>(
  script: Script<Result, Step>,
  perform: (step: Step) => Promise<unknown>,
): Promise<Result> {
  let turn = script.next();
  while (!turn.done) {
    const outcome = await perform(turn.value).then((answer) => ({ answer }), (failure: unknown) => ({ failure }));
    turn = "failure" in outcome ? script.throw(outcome.failure) : script.next(outcome.answer);
  }
  return turn.value;
}

/** Runs the script and turns a refusal that ends it into a complete sentence about the source named `title`. */
export function* titled<Result, Step>(title: string, script: Script<Result, Step>): Script<Result, Step> {
  try {
    return yield* script;
  } catch (error) {
    throw explain(error).of(title);
  }
}

function explain(error: unknown): LoginRefused {
  if (error instanceof LoginRefused) return error;
  const options = { cause: error };
  if (error instanceof StreamEnded) {
    const how = error.isClosed ? "the server closed the connection" : "the connection to the server broke";
    return new LoginRefused("ended", `${how} before it sent ${error.what}`, options);
  }
  if (error instanceof Overdue) {
    const state = `the server did not send ${error.what}`;
    return error.mayAsk ? refuseUnanswered(state, options) : new LoginRefused("overdue", state, options);
  }
  throw error;
}
