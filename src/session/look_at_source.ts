/** One look at a source, as sparing as it can be. */
import { logIn, peekAll } from "../bridge/login.ts";
import type { Source } from "../config/config.ts";
import { chooseMechanism } from "../rfb/choose.ts";
import { describeOffer } from "../rfb/describe.ts";
import type { Look as RfbLook } from "../rfb/handshake.ts";
import { chooseSpeaker } from "../rfb/pass_through.ts";
import { LoginRefused } from "../rfb/refusal.ts";
import type { LoginParts } from "./connect_source.ts";
import type { Look } from "./prober.ts";

const LOOK_MS = 25_000;

/**
 * Connects, finds out what is offered, and leaves.
 *
 * With credentials it logs in, which tells that they are right and clears what the server counts against the gateway; a
 * source that throws others out (`shared: false`), or whose secret was refused, is only looked at.
 *
 * @throws PortholeError naming the hop that failed.
 */
export async function lookAtSource(source: Source, parts: LoginParts): Promise<Look> {
  const signal = AbortSignal.timeout(LOOK_MS);
  return await parts.turns.run(source.name, signal, () => {
    return source.password && source.shared ? tryPassword(source, parts, signal) : lookOnly(source, parts, signal);
  });
}

async function tryPassword(source: Source, parts: LoginParts, signal: AbortSignal): Promise<Look> {
  const { guard, dial, trust, getClientKey } = parts;
  guard.check(source, source);
  const stream = await dial(source, signal);
  try {
    const { version, security, stream: opened } = await logIn(stream, source, { trust, getClientKey, signal });
    opened.close();
    guard.note(source, source, undefined);
    return { words: `RFB ${version}, ${security}`, mode: "login" };
  } catch (failure) {
    guard.note(source, source, failure);
    throw failure;
  } finally {
    stream.close();
  }
}

async function lookOnly(source: Source, { dial }: LoginParts, signal: AbortSignal): Promise<Look> {
  const stream = await dial(source, signal);
  try {
    return describeLook(source, await peekAll(stream, source.title, { signal }));
  } finally {
    stream.close();
  }
}

/** @throws LoginRefused when nothing that is offered can be spoken, with the setting to change. */
function describeLook(source: Source, { version, types, subtypes = [] }: RfbLook): Look {
  const speaker = chooseSpeaker(types, subtypes);
  const words = `RFB ${version.spoken}, ${describeOffer(types, subtypes)}${describeNeeds(source, types, subtypes)}`;
  return { words, mode: speaker === "browser" && source.password === undefined ? "pass_through" : "login" };
}

function describeNeeds(source: Source, types: readonly number[], subtypes: readonly number[]): string {
  const offered = subtypes.length > 0 ? [...types.filter((type) => type !== VENCRYPT), ...subtypes] : types;
  try {
    chooseMechanism(offered, { ...credentialsOf(source), shared: true, proofs: [] }, []);
    return "";
  } catch (refusal) {
    if (!(refusal instanceof LoginRefused)) throw refusal;
    if (refusal.kind === "secret_missing") return `, needs ${NEEDS[refusal.needs.length] ?? "password"}`;
    throw refusal.of?.(source.title) ?? refusal;
  }
}

const VENCRYPT = 19;
const NEEDS = ["", "password", "user and password"];

function credentialsOf({ username, password }: Source) {
  return { ...(username === undefined ? {} : { username }), ...(password === undefined ? {} : { password }) };
}
