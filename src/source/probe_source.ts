/** One probe of a source, with as few logins as possible: what it offers, and whether the gateway can log in. */
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
 * Connects, finds out what is offered, and disconnects.
 *
 * With a password, it logs in, which verifies the password and resets the server's count of failed logins, unless a login
 * would disconnect other clients (`shared: false`). A password that was refused is not tried again, and the source is
 * then not dialed.
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

/** Describes an offer. @throws LoginRefused with the setting to change if no viewer could open the source. */
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
  // The browser may support types that the gateway does not.
  if (byGateway && needs instanceof LoginRefused) throw needs.of(source.title);
  const asks = needs instanceof LoginRefused || needs.length === 0
    ? ""
    : `, needs ${needs.map(nameNeed).join(" and ")}`;
  return {
    detail: `RFB ${version.spoken}, ${describeOffer(types, subtypes)}${asks}`,
    mode: byGateway ? "login" : "pass_through",
  };
}

/** The credentials that a login would ask the user for, or its refusal. */
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
