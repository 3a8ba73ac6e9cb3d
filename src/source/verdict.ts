/** What opening a source will take, foreseen from its offer: a viewer that opens it must find the same. */
import type { SourceConfig } from "../config/config.ts";
import { chooseType, findNeeds } from "../rfb/choose.ts";
import { describeOffer } from "../rfb/describe.ts";
import type { Offer } from "../rfb/handshake.ts";
import { chooseSpeaker, findBrowserNeeds, predictBrowser } from "../rfb/pass_through.ts";
import { LoginRefused, type Need } from "../rfb/refusal.ts";
import type { Login } from "../rfb/security/login.ts";
import type { ContainerType, Inside } from "../rfb/security/security_type.ts";
import { SECURITY_TYPES } from "../rfb/security/table.ts";
import { buildLogin } from "./login.ts";
import { needsGateway } from "./needs_gateway.ts";
import type { ProbeResult } from "./prober.ts";
import type { Identity, Trust } from "./trust.ts";

/** The login with which the gateway opens the source; undefined if the browser logs in. */
export async function foreseeLogin(source: SourceConfig, trust: Trust, { types }: Offer): Promise<Login | undefined> {
  const byGateway = needsGateway(source, source.viewOnly) || chooseSpeaker(types) !== "browser";
  return byGateway ? await buildLogin(source, trust) : undefined;
}

/** The container to look into: the one that is spoken, or else VeNCrypt, whose name alone says little. */
export function chooseContainer({ types }: Offer, login: Login | undefined): ContainerType | undefined {
  const { vencrypt } = SECURITY_TYPES;
  const spoken = login ? tryToChoose(types, login) : predictBrowser(types);
  if (spoken && "holds" in spoken) return spoken;
  return types.includes(vencrypt.code) ? vencrypt : undefined;
}

/**
 * What the user is asked for.
 *
 * @throws LoginRefused with the setting to change if no viewer could open the source called `title`.
 */
export function listNeeds(title: string, { types }: Offer, login: Login | undefined, inside?: Inside): readonly Need[] {
  try {
    if (login) return findNeeds(types, inside, login);
    return findBrowserNeeds(predictBrowser(types)!, inside);
  } catch (refusal) {
    if (!(refusal instanceof LoginRefused)) throw refusal;
    if (refusal.kind === "secret_missing") return refusal.needs;
    throw refusal.of(title);
  }
}

/** The finding: "RFB 3.8, VeNCrypt X509Plain, needs user and password", and who logs in. */
export function describeVerdict(
  { version, types }: Offer,
  login: Login | undefined,
  needs: readonly Need[],
  inside?: Inside,
): ProbeResult {
  const asks = needs.length === 0 ? "" : `, needs ${needs.map(nameNeed).join(" and ")}`;
  const detail = `RFB ${version.spoken}, ${describeOffer(types, inside)}${asks}`;
  return { detail, mode: login ? "login" : "pass_through" };
}

/**
 * What an administrator should know of how the server proved its identity, for a finding: that its fingerprint `was`
 * or `will be` trusted on first use, and why a CA would not have signed its certificate.
 */
export function warnOf(identity: Identity | undefined, when: "was" | "will be"): Pick<ProbeResult, "warning"> {
  if (!identity) return {};
  const { proof, fingerprint, by, flaw } = identity;
  const what = proof === "certificate" ? "its certificate" : "its RSA key";
  const first = by === "first_use" ? `${when} trusted on first use (sha256:${fingerprint})` : undefined;
  const states = [first, flaw].filter(Boolean);
  return states.length === 0 ? {} : { warning: `${what} ${states.join(" and ")}` };
}

function tryToChoose(types: readonly number[], login: Login) {
  try {
    return chooseType(types, login);
  } catch (refusal) {
    if (refusal instanceof LoginRefused) return undefined;
    throw refusal;
  }
}

function nameNeed(need: Need): string {
  return need === "username" ? "user" : need;
}
