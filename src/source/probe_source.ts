/** Probes of one source, which must not do harm: servers end after a client, ask their user, or count failed logins. */
import { waitAtMost } from "../async/wait_at_most.ts";
import type { SourceConfig } from "../config/config.ts";
import { findNeeds } from "../rfb/choose.ts";
import { describeOffer } from "../rfb/describe.ts";
import { type Admission, admitUs, type Offer, peekSubtypes, peekTypes, type ProbedOffer } from "../rfb/handshake.ts";
import { chooseSpeaker } from "../rfb/pass_through.ts";
import { LoginRefused, type Need } from "../rfb/refusal.ts";
import { titled } from "../rfb/script.ts";
import type { Login } from "../rfb/security/login.ts";
import { SECURITY_TYPES } from "../rfb/security/table.ts";
import { readVersion } from "../rfb/version.ts";
import type { AddressMemory, AskPoint } from "./address_memory.ts";
import { pickCredentials } from "./credentials.ts";
import { buildLogin } from "./login.ts";
import type { LoginRunner } from "./login_runner.ts";
import { needsGateway } from "./needs_gateway.ts";
import type { NotProbed, ProbeResult } from "./prober.ts";
import type { SourceLogin, Visit } from "./source_login.ts";
import type { Trust } from "./trust.ts";

const PROBE_MS = 25_000;
/** Connections without a login, to a server that may count them, after which a probe logs in. */
const LOGIN_AT = 2;
/** And after which it is not probed if the gateway cannot log in. TigerVNC blocks at five, and viewers mistype. */
const STOP_AT = 3;
/** The same if a user asks for the probe. */
const STOP_ASKED_AT = 4;
/** How long a server that refuses a secret may take to close after it has accepted it; see `falseOk`. */
const FALSE_OK_MS = 1_000;
/** A server that answers later than this has asked its user, who was quick. */
const SLOW_MS = 3_000;

/** The parts that probes need. */
export interface ProbeParts {
  readonly source: SourceConfig;
  readonly login: SourceLogin;
  readonly trust: Trust;
  readonly memory: AddressMemory;
  readonly now?: () => number;
}

/** Why a probe may log in. */
interface Why {
  /** A user asked for the probe. */
  readonly asked: boolean;
  /** Only a login keeps a server that counts from blocking the gateway. */
  readonly mustReset: boolean;
}

/** Thrown when a server does not go on, and seems to ask its user. */
class Asking extends Error {}

/**
 * Probes a source, at most up to SecurityResult: the login is complete for a server that counts failed ones, and a server
 * that ends after its first client has not had one, because it never gets ClientInit.
 */
export class SourceProbe {
  readonly #parts: Required<ProbeParts>;
  /** The login of the last probe that logged in with the configured password, and the offer that it chose from. */
  #proven: { readonly types: string; readonly security: string } | undefined;

  constructor(parts: ProbeParts) {
    this.#parts = { now: Date.now, ...parts };
  }

  /** Makes the next probe log in again. */
  forget(): void {
    this.#proven = undefined;
  }

  /**
   * Connects, finds out what is offered, and disconnects; `asked` if a user asked for it.
   *
   * @throws PortholeError naming the hop that failed.
   */
  async probe(asked: boolean): Promise<ProbeResult | NotProbed> {
    const { memory, login } = this.#parts;
    await memory.load();
    const reason = this.#explainNoProbe(asked);
    if (reason !== undefined) return { notProbed: reason };
    const why = { asked, mustReset: memory.counted >= LOGIN_AT };
    return await login.visit(AbortSignal.timeout(PROBE_MS), (runner) => this.#visit(runner, why));
  }

  #explainNoProbe(asked: boolean): string | undefined {
    const { source: { look, password }, memory } = this.#parts;
    if (look === "off") return "not probed (look: off)";
    if (look === "full") return undefined;
    if (look === undefined && memory.asks === "offer") return "not probed: a user there is asked to accept connections";
    const canLogIn = this.#mayLogIn && (password !== undefined || memory.offersNone);
    if (canLogIn || memory.counted < (asked ? STOP_ASKED_AT : STOP_AT)) return undefined;
    return "not probed: the server may block this gateway, because nobody has logged in since the last probes";
  }

  get #mayLogIn(): boolean {
    const { source: { look }, memory } = this.#parts;
    return look === "full" || look === undefined && !memory.ends && memory.asks === undefined;
  }

  async #visit(runner: LoginRunner, why: Why): Promise<Visit<ProbeResult>> {
    const { source, memory } = this.#parts;
    const { look, title } = source;
    const version = await runner.run(titled(title, readVersion()));
    const banner = { detail: `RFB ${version.spoken}`, ...(needsGateway(source, source.viewOnly) && LOGIN) };
    const isBanner = look === "banner" || look === undefined && memory.ends;
    if (isBanner) return this.#end({ result: banner, loggedIn: false }, false);
    try {
      const offer = await this.#time("offer", runner.run(peekTypes(title, version)));
      memory.noteOffer(offer.types);
      return this.#end(await this.#lookInside(runner, offer, why), true);
    } catch (thrown) {
      memory.noteProbed(true);
      if (!(thrown instanceof Asking)) throw thrown;
      return { result: { ...banner, detail: `${banner.detail}, asks a user there to accept` }, loggedIn: false };
    }
  }

  #end<Looked>(looked: Looked, isPastVersion: boolean): Looked {
    this.#parts.memory.noteProbed(isPastVersion);
    return looked;
  }

  async #lookInside(runner: LoginRunner, offer: Offer, why: Why): Promise<Visit<ProbeResult>> {
    const { source } = this.#parts;
    const login = await this.#chooseLogin(offer, why);
    if (!login) {
      return { result: await this.#describe(await runner.run(peekSubtypes(source.title, offer))), loggedIn: false };
    }
    const { proof, types } = login;
    const work = runner.run(admitUs(source.title, proof, { ...offer, types }));
    const admission = await this.#time("login", work).catch(allowAsking);
    if (!admission) return { result: await this.#describe(offer), loggedIn: false };
    await checkOk(runner, admission, source.title);
    if (!source.password) return { result: await this.#describe(offer), loggedIn: true };
    this.#proven = { types: String(offer.types), security: admission.security };
    return { result: { detail: `RFB ${admission.version.spoken}, ${admission.security}`, ...LOGIN }, loggedIn: true };
  }

  /**
   * The login, where one is needed: to verify the password of the configuration, or to reset the count of a server that
   * counts. Undefined where it is not needed, or not possible.
   */
  async #chooseLogin(offer: Offer, why: Why) {
    const { source, trust } = this.#parts;
    if (!this.#mayLogIn) return undefined;
    const mustLogIn = why.mustReset || source.look === "full";
    if (source.password) {
      const isProven = this.#proven?.types === String(offer.types) && !why.asked;
      return mustLogIn || !isProven ? { proof: await buildLogin(source, trust), types: offer.types } : undefined;
    }
    if (!mustLogIn || !offer.types.includes(SECURITY_TYPES.none.code)) return undefined;
    return { proof: { shared: true, proofs: [] }, types: [SECURITY_TYPES.none.code] };
  }

  /** Waits for an answer, and remembers a server that seems to ask its user before it gives one. */
  async #time<Answer>(at: AskPoint, answer: Promise<Answer>): Promise<Answer> {
    const { memory, now } = this.#parts;
    const startedAtMs = now();
    const given = await answer.catch((failure) => {
      if (!(failure instanceof LoginRefused) || failure.kind !== "overdue") throw failure;
      memory.noteAsks(at);
      throw new Asking();
    });
    if (now() - startedAtMs > SLOW_MS) memory.noteAsks(at);
    return given;
  }

  /** Describes an offer. @throws LoginRefused with the setting to change if no viewer could open the source. */
  async #describe({ version, types, subtypes = [] }: ProbedOffer): Promise<ProbeResult> {
    const { source, trust } = this.#parts;
    const byGateway = needsGateway(source, source.viewOnly) || chooseSpeaker(types) !== "browser";
    const proofs = byGateway ? await trust.listProofs(source) : [];
    const needs = tryToFindNeeds(types, subtypes, { ...pickCredentials(source), shared: source.shared, proofs });
    // The browser may support types that the gateway does not.
    if (byGateway && needs instanceof LoginRefused) throw needs.of(source.title);
    const asks = needs instanceof LoginRefused || needs.length === 0
      ? ""
      : `, needs ${needs.map(nameNeed).join(" and ")}`;
    const security = this.#proven?.security ?? describeOffer(types, subtypes);
    return { detail: `RFB ${version.spoken}, ${security}${asks}`, mode: byGateway ? "login" : "pass_through" };
  }
}

const LOGIN = { mode: "login" } as const;

function allowAsking(thrown: unknown): undefined {
  if (!(thrown instanceof Asking)) throw thrown;
}

/** Waits for the end that can follow an accepted secret. @throws LoginRefused if it comes. */
async function checkOk(runner: LoginRunner, { path }: Admission, title: string): Promise<void> {
  if (!path.last.falseOk) return;
  let isOver = false;
  const end = () => void (isOver = true);
  await waitAtMost(runner.readAhead(1, "its ServerInit").then(end, end), FALSE_OK_MS);
  if (isOver) throw new LoginRefused("wrong_secret", "the server refused the user name or password", { title });
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
