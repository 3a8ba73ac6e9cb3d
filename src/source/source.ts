/** One source of the gateway: opens it, logs in to it, keeps connections ready, and probes it. */
import type { SourceConfig } from "../config/config.ts";
import type { Log } from "../telemetry/log.ts";
import type { HandshakeViewer } from "./handshake_viewer.ts";
import { openForViewer } from "./open_for_viewer.ts";
import type { Opened } from "./opened.ts";
import { probeSource } from "./probe_source.ts";
import { Prewarm, type PrewarmEffects } from "./prewarm.ts";
import { type Finding, Prober } from "./prober.ts";
import { type LoginParts, SourceLogin } from "./source_login.ts";
import type { Turn } from "./turn.ts";

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
  /** One probe at a time. */
  readonly probeTurn: Turn;
  readonly log: Log;
  /** How long a source may take to send its version; 10 s by default. */
  readonly versionMs?: number | undefined;
  readonly setTimer?: PrewarmEffects["setTimer"];
}

/** A source with one configuration. A changed configuration gets a new Source. */
export class Source {
  readonly config: SourceConfig;
  readonly #parts: SourceParts;
  readonly #login: SourceLogin;
  readonly #prewarm: Prewarm;
  readonly #prober: Prober;

  constructor(config: SourceConfig, parts: SourceParts) {
    this.config = config;
    this.#parts = parts;
    this.#login = new SourceLogin(config, parts);
    this.#prewarm = new Prewarm(config, this.#makePrewarmEffects());
    this.#prober = new Prober({
      probe: () => probeSource(config, this.#login, parts.trust),
      isInUse: () => this.prewarmed > 0 || parts.sessions.hasOpen(config.name),
      turn: parts.probeTurn,
      onFinding: ({ detail }) => parts.log.info(`${config.name}: ${detail}`),
    });
  }

  get name(): string {
    return this.config.name;
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
    const { dial, versionMs } = this.#parts;
    const parts = { source: this.config, dial, login: this.#login, prewarm: this.#prewarm, versionMs };
    return openForViewer(parts, viewer, signal);
  }

  /** The latest finding; probes first if that is old. Never rejects: a failure is in the finding. */
  probe(): Promise<Finding> {
    return this.#prober.probe();
  }

  /** Records that a session has opened the source. */
  noteOpened({ mode, detail }: Pick<Opened, "mode" | "detail">): void {
    const { status, detail: known } = this.finding;
    // If the viewer logs in, the finding of a probe has more detail than the gateway can see.
    this.#prober.learn({ detail: mode === "pass_through" && status === "up" ? known : detail, mode });
  }

  /** Records a failure of the source that ended a session. */
  noteFailed(failure: Error): void {
    this.#prober.learn(failure);
  }

  /** Allows another try of a refused password, and makes the next call of `probe()` probe. */
  forgive(): void {
    this.#login.forgive();
    this.#prewarm.retry();
    this.#prober.forget();
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

  #makePrewarmEffects(): PrewarmEffects {
    const { sessions, perSource, log, setTimer } = this.#parts;
    return {
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
