/** One look at a source, as sparing as it can be. */
import { logIn, peekAll } from "./login.ts";
import type { Trust } from "./trust.ts";
import type { SourceConfig } from "../config/config.ts";
import { chooseMechanism, type Login } from "../rfb/choose.ts";
import { describeOffer } from "../rfb/describe.ts";
import type { Look as RfbLook } from "../rfb/handshake.ts";
import { chooseSpeaker } from "../rfb/pass_through.ts";
import { LoginRefused, type Need } from "../rfb/refusal.ts";
import { type LoginParts, needsGateway } from "./connect_source.ts";
import type { Look } from "./prober.ts";

const LOOK_MS = 25_000;

/**
 * Connects, finds out what is offered, and leaves.
 *
 * With credentials it logs in, which tells that they are right and clears what the server counts against the gateway,
 * unless that would throw others out (`shared: false`). A secret that was refused is not tried, and nothing dialed.
 *
 * @throws PortholeError naming the hop that failed.
 */
export async function lookAtSource(source: SourceConfig, parts: LoginParts): Promise<Look> {
  const signal = AbortSignal.timeout(LOOK_MS);
  return await parts.turns.run(source.name, signal, () => {
    return source.password && source.shared ? tryPassword(source, parts, signal) : lookOnly(source, parts, signal);
  });
}

async function tryPassword(source: SourceConfig, parts: LoginParts, signal: AbortSignal): Promise<Look> {
  const { guard, dial, trust, getClientKey } = parts;
  guard.check(source, source);
  const stream = await dial(source, signal);
  try {
    const { version, security, stream: opened } = await logIn(stream, source, { trust, getClientKey, signal });
    opened.close();
    guard.note(source, source, undefined);
    return { detail: `RFB ${version}, ${security}`, mode: "login" };
  } catch (failure) {
    guard.note(source, source, failure);
    throw failure;
  } finally {
    stream.close();
  }
}

async function lookOnly(source: SourceConfig, { dial, trust }: LoginParts, signal: AbortSignal): Promise<Look> {
  const stream = await dial(source, signal);
  try {
    return describeLook(source, await peekAll(stream, source.title, { signal }), trust);
  } finally {
    stream.close();
  }
}

/** @throws LoginRefused when nobody can open it, with the setting to change. */
function describeLook(source: SourceConfig, { version, types, subtypes = [] }: RfbLook, trust: Trust): Look {
  const byGateway = needsGateway({ source, viewOnly: source.viewOnly }) || chooseSpeaker(types) !== "browser";
  const login = { ...source, proofs: byGateway ? trust.listProofs(source) : [] };
  const needs = tryToFindNeeds(types, subtypes, login);
  // What the gateway cannot speak, the browser may.
  if (byGateway && needs instanceof LoginRefused) throw needs.of(source.title);
  const detail = needs instanceof LoginRefused || needs.length === 0
    ? ""
    : `, needs ${needs.map(nameNeed).join(" and ")}`;
  return {
    detail: `RFB ${version.spoken}, ${describeOffer(types, subtypes)}${detail}`,
    mode: byGateway ? "login" : "pass_through",
  };
}

/** What a login would have to ask a person for, or be refused with. */
function tryToFindNeeds(types: readonly number[], subtypes: readonly number[], login: Login) {
  const outer = types.filter((type) => type !== VENCRYPT || subtypes.length === 0);
  const [offered, within] = outer.length === 0 ? [subtypes, [VENCRYPT]] : [[...outer, ...subtypes], []];
  try {
    return chooseMechanism(offered, login, within).needs.filter((need) => login[need] === undefined);
  } catch (refusal) {
    if (!(refusal instanceof LoginRefused)) throw refusal;
    return refusal.kind === "secret_missing" ? refusal.needs : refusal;
  }
}

function nameNeed(need: Need): string {
  return need === "username" ? "user" : need;
}

const VENCRYPT = 19;
