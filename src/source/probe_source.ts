/** One probe of a source, as sparing as it can be: what it offers, and whether the gateway can log in. */
import type { SourceConfig } from "../config/config.ts";
import { findNeeds } from "../rfb/choose.ts";
import { describeOffer } from "../rfb/describe.ts";
import type { ProbedOffer } from "../rfb/handshake.ts";
import { chooseSpeaker } from "../rfb/pass_through.ts";
import { LoginRefused, type Need } from "../rfb/refusal.ts";
import type { Login } from "../rfb/security/login.ts";
import { pickCredentials } from "./credentials.ts";
import { peekAll } from "./login.ts";
import { needsGateway } from "./needs_gateway.ts";
import type { ProbeResult } from "./prober.ts";
import type { SourceLogin } from "./source_login.ts";
import type { Trust } from "./trust.ts";

const PROBE_MS = 25_000;

/**
 * Connects, finds out what is offered, and leaves.
 *
 * With a password it logs in, which tells that the password is right and clears what the server counts against the
 * gateway, unless that would disconnect other clients (`shared: false`). A refused password is not tried, and then
 * nothing is dialed.
 *
 * @throws PortholeError naming the hop that failed.
 */
export async function probeSource(source: SourceConfig, login: SourceLogin, trust: Trust): Promise<ProbeResult> {
  const signal = AbortSignal.timeout(PROBE_MS);
  if (source.password && source.shared) return await tryPassword(source, login, signal);
  return await login.visit(signal, async (stream) => {
    return describeOffered(source, await peekAll(stream, source.title, { signal }), trust);
  });
}

async function tryPassword(source: SourceConfig, login: SourceLogin, signal: AbortSignal): Promise<ProbeResult> {
  const { version, security, stream } = await login.logIn({ credentials: pickCredentials(source), signal });
  stream.close();
  return { detail: `RFB ${version}, ${security}`, mode: "login" };
}

/** @throws LoginRefused when nobody can open it, with the setting to change. */
async function describeOffered(
  source: SourceConfig,
  { version, types, subtypes = [] }: ProbedOffer,
  trust: Trust,
): Promise<ProbeResult> {
  const byGateway = needsGateway(source, source.viewOnly) || chooseSpeaker(types) !== "browser";
  const login = {
    ...pickCredentials(source),
    shared: source.shared,
    proofs: byGateway ? await trust.listProofs(source) : [],
  };
  const needs = tryToFindNeeds(types, subtypes, login);
  // What the gateway cannot speak, the browser may.
  if (byGateway && needs instanceof LoginRefused) throw needs.of(source.title);
  const asks = needs instanceof LoginRefused || needs.length === 0
    ? ""
    : `, needs ${needs.map(nameNeed).join(" and ")}`;
  return {
    detail: `RFB ${version.spoken}, ${describeOffer(types, subtypes)}${asks}`,
    mode: byGateway ? "login" : "pass_through",
  };
}

/** What a login would have to ask the user for, or be refused with. */
function tryToFindNeeds(types: readonly number[], subtypes: readonly number[], login: Login) {
  try {
    return findNeeds(types, subtypes, login);
  } catch (refusal) {
    if (!(refusal instanceof LoginRefused)) throw refusal;
    return refusal.kind === "secret_missing" ? refusal.needs : refusal;
  }
}

function nameNeed(need: Need): string {
  return need === "username" ? "user" : need;
}
