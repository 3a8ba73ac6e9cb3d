/** One source of the gateway: opens it, logs in to it, keeps connections ready, and probes it. */
import { limitTime } from "../async/time_limit.ts";
import type { SourceConfig } from "../config/config.ts";
import { canTakeUp } from "../config/taken_up.ts";
import { LoginRefused } from "../rfb/refusal.ts";
import type { Log } from "../telemetry/log.ts";
import type { Addresses, SharedAddress } from "./addresses.ts";
import type { HandshakeViewer } from "./handshake_viewer.ts";
import { openForViewer } from "./open_for_viewer.ts";
import type { Opened } from "./opened.ts";
import { SourceProbe } from "./probe_source.ts";
import { Prewarm, type PrewarmEffects } from "./prewarm.ts";
import { type Finding, Prober } from "./prober.ts";
import { type LoginParts, SourceLogin } from "./source_login.ts";
import type { Turn } from "./turn.ts";

/** How long a probe waits for its turn. Whoever has it will report what they find. */
const TURN_MS = 10_000;

/** Counts of the sessions of a source. */
export interface SessionCounts {
  /** Number of sessions of a source. */
  countSource(name: string): number;
  /** Whether one of them is open. */
  hasOpen(name: string): boolean;
}

/** The parts that all sources of a gateway share. */
export interface SourceParts extends LoginParts {
  readonly sessions: SessionCounts;
  /** Most sessions and prewarmed connections of one source. */
  readonly perSource: () => number;
  readonly addresses: Addresses;
  /** Limits the number of probes at the same time. */
  readonly probeSlots: Turn;
  /** Limits the number of sources that prewarm at the same time. */
  readonly prewarmSlots: Turn;
  readonly log: Log;
  readonly now?: () => number;
}

/** A source. A configuration that it cannot take up gets a new Source. */
export class Source {
  #config: SourceConfig;
  readonly #parts: SourceParts;
  readonly #login: SourceLogin;
  readonly #address: SharedAddress;
  readonly #prewarm: Prewarm;
  readonly #probe: SourceProbe;
  readonly #prober: Prober;

  constructor(config: SourceConfig, parts: SourceParts) {
    this.#config = config;
    this.#parts = parts;
    this.#address = parts.addresses.get(config.target);
    const settings = () => this.#config;
    this.#login = new SourceLogin(settings, parts, this.#address);
    this.#prewarm = new Prewarm(settings, this.#makePrewarmEffects());
    const { trust, log, now = Date.now } = parts;
    this.#probe = new SourceProbe({
      get source() {
        return settings();
      },
      login: this.#login,
      trust,
      memory: this.#address.memory,
      now: parts.now,
    });
    this.#prober = new Prober({
      probe: (asked) => this.#probe.probe(asked),
      isInUse: () => this.prewarmed > 0 || parts.sessions.hasOpen(config.name),
      takeTurn: (work) => this.#takeTurn(work),
      now,
      onNews: ({ detail }) => log.info(`${config.name}: ${detail}`),
    });
  }

  /** The configuration in force, as far as it can be taken up. */
  get config(): SourceConfig {
    return this.#config;
  }

  get name(): string {
    return this.#config.name;
  }

  /** Goes on with another configuration, and with it all sessions; returns whether it can. */
  takeUp(config: SourceConfig): boolean {
    const { look, prewarm } = this.#config;
    if (!canTakeUp(this.#config, config)) return false;
    this.#config = config;
    if (look !== config.look || prewarm !== config.prewarm) this.#forgetFindings();
    return true;
  }

  /** Number of connections that are logged in and wait for a viewer. */
  get prewarmed(): number {
    return this.#prewarm.count;
  }

  /** The latest finding, without a probe. */
  get finding(): Finding {
    return this.#prober.last;
  }

  /**
   * Opens it for a viewer, up to the first byte that may pass; on the way, the viewer may be asked for credentials.
   *
   * @throws PortholeError naming the hop that failed, or the signal's reason; every connection is then closed.
   */
  open(viewer: HandshakeViewer, signal: AbortSignal): Promise<Opened> {
    const { setTimer } = this.#parts;
    const { dial, memory } = this.#address;
    const settings = () => this.#config;
    const parts = {
      get source() {
        return settings();
      },
      dial,
      memory,
      login: this.#login,
      prewarm: this.#prewarm,
      setTimer,
    };
    return openForViewer(parts, viewer, signal);
  }

  /**
   * The latest finding; probes first if that is old, or if a user asked for it. Never rejects: a failure is in the
   * finding.
   */
  probe(options: { asked?: boolean } = {}): Promise<Finding> {
    return this.#prober.probe(options.asked);
  }

  /** Records that a session has opened the source. */
  noteOpened({ mode, detail }: Pick<Opened, "mode" | "detail">): void {
    const { status, detail: known } = this.finding;
    // If the viewer logs in, the finding of a probe has more detail than the gateway can see.
    this.#prober.learn({ detail: mode === "pass_through" && status === "up" ? known : detail, mode });
  }

  /** Records a failure that ended a session, unless the source has others open: it may be full, not down. */
  noteFailed(failure: Error): void {
    // A source whose user does not accept a viewer is not down.
    if (failure instanceof LoginRefused && (failure.kind === "unanswered" || failure.kind === "declined")) return;
    if (!this.#parts.sessions.hasOpen(this.name)) this.#prober.learn(failure);
  }

  /**
   * Allows another try of a refused password, unlearns what was learned of the server, and makes the next call of
   * `probe()` probe.
   */
  forgive(): void {
    this.#login.forgive();
    this.#address.memory.forgive();
    this.#prewarm.retry();
    this.#forgetFindings();
  }

  /** Begins to keep connections ready if the configuration asks for it. */
  beginPrewarm(): void {
    this.#prewarm.begin();
  }

  /** Tops up the connections that are kept ready, for example because a session has ended. */
  fillPrewarm(): void {
    this.#prewarm.fill();
  }

  /** Closes the connections that are kept ready and makes no new ones. Sessions continue. */
  close(): Promise<void> {
    return this.#prewarm.close();
  }

  #forgetFindings(): void {
    this.#probe.forget();
    this.#prober.forget();
  }

  /** Waits for one of the slots, and only then for the turn of the address, so that no viewer waits for a slot. */
  async #takeTurn(work: () => Promise<Finding>): Promise<Finding | undefined> {
    using limit = limitTime(TURN_MS);
    const { signal } = limit;
    const { turn } = this.#address;
    return await this.#parts.probeSlots.run(() => turn.run(work, signal), signal).catch(() => undefined);
  }

  #makePrewarmEffects(): PrewarmEffects {
    const { sessions, perSource, log, setTimer, prewarmSlots } = this.#parts;
    return {
      takeSlot: (work, signal) => prewarmSlots.run(work, signal),
      logInAhead: (signal) => this.#login.logInAhead(signal),
      countRoom: () => perSource() - sessions.countSource(this.name),
      log,
      onReady: ({ version, security }) => {
        if (this.finding.status !== "up") this.noteOpened({ mode: "login", detail: `RFB ${version}, ${security}` });
      },
      ...(setTimer ? { setTimer } : {}),
    };
  }
}
