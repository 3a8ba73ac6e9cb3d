/** One VNC server as the gateway knows it: how it is reached, opened and logged in to, and what was found. */
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

/** What the sessions of the gateway say about a source. */
export interface SessionCounts {
  /** How many sessions a source has. */
  countSource(name: string): number;
  /** Whether one of them is open. */
  hasOpen(name: string): boolean;
}

/** What the sources of one gateway share. */
export interface SourceParts extends LoginParts {
  readonly sessions: SessionCounts;
  /** Most sessions of one source. */
  readonly perSource: () => number;
  /** One probe at a time. */
  readonly probeTurn: Turn;
  readonly log: Log;
  /** How long a source may take to say its version; 10 s when left out. */
  readonly versionMs?: number | undefined;
  readonly setTimer?: PrewarmEffects["setTimer"];
}

/** A source of one configuration; a changed configuration makes another one. */
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

  /** How many connections are logged in and wait for a viewer. */
  get prewarmed(): number {
    return this.#prewarm.count;
  }

  /** What was found last, without probing. */
  get finding(): Finding {
    return this.#prober.last;
  }

  /**
   * Opens it for a viewer, up to the first byte that may pass; on the way, the viewer may be asked for credentials.
   *
   * @throws PortholeError naming the hop that failed, or the signal's reason; nothing is then left open.
   */
  open(viewer: HandshakeViewer, signal: AbortSignal): Promise<Opened> {
    const { dial, versionMs } = this.#parts;
    const parts = { source: this.config, dial, login: this.#login, prewarm: this.#prewarm, versionMs };
    return openForViewer(parts, viewer, signal);
  }

  /** What was found last, probed again when that is old. Never rejects: what failed is in the finding. */
  probe(): Promise<Finding> {
    return this.#prober.probe();
  }

  /** Takes note of what a session opened. */
  noteOpened({ mode, detail }: Pick<Opened, "mode" | "detail">): void {
    const { status, detail: known } = this.finding;
    // Where the viewer logs in, a probe has seen more than the gateway sees pass.
    this.#prober.learn({ detail: mode === "pass_through" && status === "up" ? known : detail, mode });
  }

  /** Takes note of a failure of the source that ended a session. */
  noteFailed(failure: Error): void {
    this.#prober.learn(failure);
  }

  /** Lets a refused password be tried again, and the next call of `probe()` probe. */
  forgive(): void {
    this.#login.forgive();
    this.#prewarm.retry();
    this.#prober.forget();
  }

  /** Begins to keep connections ready, where the configuration asks for it. */
  beginPrewarm(): void {
    this.#prewarm.begin();
  }

  /** Tops up the connections that are kept ready, for example because a session has ended. */
  fillPrewarm(): void {
    this.#prewarm.fill();
  }

  /** Closes the connections that are kept ready and makes no more; sessions go on. */
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
