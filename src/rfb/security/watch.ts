/**
 * The messages of noVNC and a source for each security type, from the choice of the type up to SecurityResult, in just
 * enough detail to find their end.
 */
import { readU16, readU32 } from "../big_endian.ts";
import type { LoginRefused } from "../refusal.ts";

/** A direction of a login: down from the source, up from the viewer. */
export type Side = "down" | "up";

/** A step, which takes exactly this many bytes of one side. */
export interface WatchStep {
  readonly side: Side;
  readonly bytes: number;
  /** What it means if the source closes the connection before it sends them; by default nothing. */
  readonly ifClosed?: LoginRefused | undefined;
}

/** A generator of steps, each answered with its bytes. */
export type Watch<Result> = Generator<WatchStep, Result, Uint8Array>;

/** How the list inside a container ended: a chosen code, "none" for an empty list, or "refused". */
export type InnerChoice = number | "none" | "refused";

const CAPABILITY_BYTES = 16;
const SEAL_TAG_BYTES = 16;

/** Takes the next bytes of one side. */
export function* take(side: Side, bytes: number, ifClosed?: LoginRefused): Watch<Uint8Array> {
  return yield { side, bytes, ifClosed };
}

/** None, which has no messages. */
export function* watchNone(): Watch<void> {}

/** VNC Authentication (RFC 6143 section 7.2.2): challenge and response. */
export function* watchVncAuth(): Watch<void> {
  yield* take("down", 16);
  yield* take("up", 16);
}

/** RSA-AES (rfbproto, "RSA-AES Security Type"): keys, randoms, hashes of the keys, credentials request, credentials. */
export function* watchRa2ne(): Watch<void> {
  for (const side of ["down", "up"] as const) {
    const bits = readU32(yield* take(side, 4), 0);
    yield* take(side, 2 * Math.ceil(bits / 8));
  }
  for (const side of ["down", "up"] as const) yield* takeCounted(side, 0);
  for (const side of ["down", "up", "down", "up"] as const) yield* takeCounted(side, SEAL_TAG_BYTES);
}

/** Apple's type 30 (rfbproto, "Diffie-Hellman Authentication"): generator, prime and key down, credentials and key up. */
export function* watchAppleDh(): Watch<void> {
  const keyBytes = readU16(yield* take("down", 4), 2);
  yield* take("down", 2 * keyBytes);
  yield* take("up", 128 + keyBytes);
}

/** noVNC's XVP: lengths of user name and target, both texts, then VNC Authentication. */
export function* watchXvp(): Watch<void> {
  const [user, target] = yield* take("up", 2);
  yield* take("up", user! + target!);
  yield* watchVncAuth();
}

/** UltraVNC's MS-Logon II: generator, modulus and key down; key, user name and password up. */
export function* watchMsLogonII(): Watch<void> {
  yield* take("down", 24);
  yield* take("up", 8 + 256 + 64);
}

/** Plain, and Unix login inside Tight: two U32 lengths, user name and password. */
export function* watchPlain(): Watch<void> {
  const lengths = yield* take("up", 8);
  yield* take("up", readU32(lengths, 0) + readU32(lengths, 4));
}

/** VeNCrypt: version, list of subtypes, and the viewer's choice. */
export function* watchVencrypt(): Watch<InnerChoice> {
  yield* take("down", 2);
  yield* take("up", 2);
  const [refused] = yield* take("down", 1);
  if (refused !== 0) return "refused";
  const [count] = yield* take("down", 1);
  yield* take("down", 4 * count!);
  return readU32(yield* take("up", 4), 0);
}

/** Tight: tunnels and logins, each a list that the viewer answers if it is not empty. */
export function* watchTight(): Watch<InnerChoice> {
  if ((yield* watchCapabilities()) > 0) yield* take("up", 4);
  if ((yield* watchCapabilities()) === 0) return "none";
  return readU32(yield* take("up", 4), 0);
}

function* watchCapabilities(): Watch<number> {
  const count = readU32(yield* take("down", 4), 0);
  yield* take("down", CAPABILITY_BYTES * count);
  return count;
}

/** Tight's three lists of capabilities after ServerInit (rfbproto, "ServerInit"). */
export function* watchTightCapabilities(): Watch<void> {
  const counts = yield* take("down", 8);
  const total = readU16(counts, 0) + readU16(counts, 2) + readU16(counts, 4);
  yield* take("down", CAPABILITY_BYTES * total);
}

function* takeCounted(side: Side, extraBytes: number): Watch<void> {
  yield* take(side, readU16(yield* take(side, 2), 0) + extraBytes);
}
