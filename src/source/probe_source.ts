/** Probes of one source, which must not do harm: servers end after a client, ask their user, or count failed logins. */
import { readSteadyClock } from "../async/steady_clock.ts";
import { limitTime } from "../async/time_limit.ts";
import { waitAtMost } from "../async/wait_at_most.ts";
import type { SourceConfig } from "../config/config.ts";
import { type Admission, admitUs, type Offer, peekIdentity, peekInside, peekTypes } from "../rfb/handshake.ts";
import { LoginRefused, type RefusalKind } from "../rfb/refusal.ts";
import { titled } from "../rfb/script.ts";
import { SECURITY_TYPES } from "../rfb/security/table.ts";
import { readVersion, type Version } from "../rfb/version.ts";
import type { AddressMemory, AskPoint } from "./address_memory.ts";
import { buildLogin } from "./login.ts";
import { ASKING_MS, type LoginRunner } from "./login_runner.ts";
import { needsGateway } from "./needs_gateway.ts";
import type { NotProbed, ProbeResult } from "./prober.ts";
import type { SourceLogin, Visit } from "./source_login.ts";
import { asksCa, type Trust } from "./trust.ts";
import { chooseContainer, describeVerdict, foreseeLogin, listNeeds, warnOf } from "./verdict.ts";

const PROBE_MS = 25_000;
/** Connections without a login, to a server that may count them, after which a probe logs in. */
const LOGIN_AT = 2;
/** And after which it is not probed if the gateway cannot log in. TigerVNC blocks at five, and viewers mistype. */
const STOP_AT = 3;
/** The same if a user asks for the probe. */
const STOP_ASKED_AT = 4;
/** How long a server that refuses a secret may take to close after it has accepted it; see `falseOk`. */
const FALSE_OK_MS = 1_000;
/** Refusals for which no secret has been sent, so that a server which counts has counted the connection. */
const BEFORE_SECRET: readonly RefusalKind[] = ["tls_failed", "no_tls", "untrusted", "no_type"];

/** The parts that probes need. */
export interface ProbeParts {
  readonly source: SourceConfig;
  readonly login: SourceLogin;
  readonly trust: Trust;
  readonly memory: AddressMemory;
  readonly now?: (() => number) | undefined;
}

/** Why a probe may log in. */
interface Why {
  /** A user asked for the probe. */
  readonly asked: boolean;
  /** Only a login keeps a server that counts from blocking the gateway. */
  readonly mustReset: boolean;
}

/** What the last probe that tried to log in with the configured password found out about it. */
interface Tried {
  /** The types that were on offer. */
  readonly types: string;
  /** What a probe finds from now on; undefined if the configuration lacks something. */
  readonly proven?: ProbeResult;
}

/** Thrown when a server does not go on, and seems to ask its user. */
class Asking extends Error {}

/**
 * Probes a source, at most up to SecurityResult: the login is complete for a server that counts failed ones, and a server
 * that ends after its first client has not had one, because it never gets ClientInit.
 */
export class SourceProbe {
  readonly #parts: ProbeParts;
  #tried: Tried | undefined;
  /** Whether the last login ended before it sent the secret. */
  #isBarred = false;

  constructor(parts: ProbeParts) {
    this.#parts = parts;
  }

  /** Makes the next probe log in again. */
  forget(): void {
    this.#tried = undefined;
    this.#isBarred = false;
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
    using limit = limitTime(PROBE_MS);
    return await login.visit(limit.signal, (runner) => this.#visit(runner, why));
  }

  #explainNoProbe(asked: boolean): string | undefined {
    const { source: { look }, memory } = this.#parts;
    if (look === "off") return "not probed (look: off)";
    if (look === "full") return undefined;
    if (look === undefined && memory.asks === "offer") return "not probed: a user there is asked to accept connections";
    if (this.#canLogIn || memory.counted < (asked ? STOP_ASKED_AT : STOP_AT)) return undefined;
    return "not probed: the server may block this gateway, because nobody has logged in since the last probes";
  }

  get #canLogIn(): boolean {
    const { source: { password }, memory } = this.#parts;
    if (!this.#mayLogIn || this.#isBarred) return false;
    return password === undefined ? memory.offersNone : !this.#tried || this.#tried.proven !== undefined;
  }

  get #mayLogIn(): boolean {
    const { source: { look }, memory } = this.#parts;
    return look === "full" || look === undefined && !memory.ends && memory.asks === undefined;
  }

  async #visit(runner: LoginRunner, why: Why): Promise<Visit<ProbeResult>> {
    const { source: { look, title }, memory } = this.#parts;
    const version = await runner.run(titled(title, readVersion()));
    const isBanner = look === "banner" || look === undefined && memory.ends;
    if (isBanner) {
      memory.noteProbed(false);
      return { result: this.#describeBanner(version), loggedIn: false };
    }
    try {
      return await this.#probeOffer(runner, version, why);
    } catch (thrown) {
      if (!(thrown instanceof Asking)) throw thrown;
      return { result: this.#describeBanner(version, ", asks a user there to accept"), loggedIn: false };
    } finally {
      memory.noteProbed(true);
    }
  }

  async #probeOffer(runner: LoginRunner, version: Version, why: Why): Promise<Visit<ProbeResult>> {
    const { source: { title, password, look }, memory } = this.#parts;
    const offer = await this.#time("offer", runner.run(peekTypes(title, version)));
    memory.noteOffer(offer.types);
    const isUntried = why.asked || this.#tried?.types !== String(offer.types);
    const mustLogIn = why.mustReset || look === "full";
    if (this.#mayLogIn && password && (mustLogIn || isUntried)) return await this.#tryPassword(runner, offer);
    if (this.#mayLogIn && !password && mustLogIn) return await this.#tryNone(runner, offer);
    return { result: await this.#lookInside(runner, offer), loggedIn: false };
  }

  /** Logs in with the password of the configuration. */
  async #tryPassword(runner: LoginRunner, offer: Offer): Promise<Visit<ProbeResult>> {
    const { source, trust } = this.#parts;
    const login = await buildLogin(source, trust);
    const types = String(offer.types);
    try {
      const admission = await this.#time("login", runner.run(admitUs(source.title, login, offer)));
      await checkOk(runner, admission, source.title);
      const proven: ProbeResult = { detail: `RFB ${offer.version.spoken}, ${admission.security}`, mode: "login" };
      this.#tried = { types, proven };
      this.#isBarred = false;
      return { result: { ...proven, ...warnOf(runner.identity, "was") }, loggedIn: true };
    } catch (thrown) {
      this.#isBarred = thrown instanceof LoginRefused && BEFORE_SECRET.includes(thrown.kind);
      const needs = listMissing(thrown);
      this.#tried = { types };
      return { result: describeVerdict(offer, login, needs), loggedIn: false };
    }
  }

  /** Logs in without a secret, if the server allows it. */
  async #tryNone(runner: LoginRunner, offer: Offer): Promise<Visit<ProbeResult>> {
    const { source, trust } = this.#parts;
    const types = offer.types.filter((type) => type === SECURITY_TYPES.none.code);
    if (types.length === 0) return { result: await this.#lookInside(runner, offer), loggedIn: false };
    const admitting = runner.run(admitUs(source.title, { shared: true, proofs: [] }, { ...offer, types }));
    const loggedIn = await this.#time("login", admitting).then(() => true, allowAsking);
    const login = await foreseeLogin(source, trust, offer);
    return { result: describeVerdict(offer, login, listNeeds(source.title, offer, login)), loggedIn };
  }

  /** Looks into the list inside a type, and at what proves the server's identity, without logging in. */
  async #lookInside(runner: LoginRunner, offer: Offer): Promise<ProbeResult> {
    const { source, trust, memory } = this.#parts;
    const login = await foreseeLogin(source, trust, offer);
    const container = chooseContainer(offer, login);
    const inside = container && await runner.run(peekInside(source.title, offer, container));
    const needs = listNeeds(source.title, offer, login, inside);
    // x11vnc asks its user once a TLS handshake is complete, which only the check against a CA needs.
    const isSilent = memory.asks === undefined || !asksCa(source);
    if (login && isSilent) await runner.run(peekIdentity(source.title, login, offer, inside));
    const found = this.#tried?.proven ?? describeVerdict(offer, login, needs, inside);
    return { ...found, ...warnOf(runner.identity, "will be") };
  }

  #describeBanner({ spoken }: Version, remark = ""): ProbeResult {
    const { source } = this.#parts;
    return { detail: `RFB ${spoken}${remark}`, ...(needsGateway(source, source.viewOnly) && { mode: "login" }) };
  }

  /** Waits for an answer, and remembers a server that seems to ask its user before it gives one. */
  async #time<Answer>(at: AskPoint, answer: Promise<Answer>): Promise<Answer> {
    const { memory, now = readSteadyClock } = this.#parts;
    const startedAtMs = now();
    const isSlow = () => now() - startedAtMs > ASKING_MS;
    const given = await answer.catch((failure) => {
      const isAsking = failure instanceof LoginRefused &&
        (failure.kind === "unanswered" || isSlow() && failure.afterAsking("").kind === "declined");
      if (!isAsking) throw failure;
      memory.noteAsks(at);
      throw new Asking();
    });
    if (isSlow()) memory.noteAsks(at);
    return given;
  }
}

/** Says that a login without a secret has failed because the server asks its user. @throws any other failure */
function allowAsking(thrown: unknown): false {
  if (!(thrown instanceof Asking)) throw thrown;
  return false;
}

/** What the configuration lacks for the login that ended with `thrown`; nothing if the server asks its user. */
function listMissing(thrown: unknown): LoginRefused["needs"] {
  if (thrown instanceof Asking) return [];
  if (thrown instanceof LoginRefused && thrown.kind === "secret_missing") return thrown.needs;
  throw thrown;
}

/** Waits for the end that can follow an accepted secret. @throws LoginRefused if it comes. */
async function checkOk(runner: LoginRunner, { path }: Admission, title: string): Promise<void> {
  if (!path.last.falseOk) return;
  let isOver = false;
  const end = () => void (isOver = true);
  await waitAtMost(runner.readAhead(1, "its ServerInit").then(end, end), FALSE_OK_MS);
  if (isOver) throw new LoginRefused("wrong_secret", "the server refused the user name or password", { title });
}
