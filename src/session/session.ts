/** One viewer on one source, from the upgrade to the last cleanup. */
import type { ByteStream } from "../bridge/byte_stream.ts";
import { pump, type Stage } from "../bridge/pump.ts";
import type { ViewerSocket } from "../bridge/viewer_socket.ts";
import type { SourceConfig } from "../config/config.ts";
import { asPortholeError, type ErrorCode, PortholeError } from "../errors.ts";
import type { Log } from "../telemetry/log.ts";
import { SideChannel } from "./side_channel.ts";
import { mayBecome, type SessionState } from "./state.ts";

/** What the handshake hands to the pump. */
export interface Opened {
  /** The stream to pump: the one dialed, or what TLS or RSA-AES made of it. */
  readonly stream: ByteStream;
  /** Bytes already read from the source that the viewer must still get. */
  readonly downFirst?: Uint8Array<ArrayBuffer>;
  readonly upStage?: Stage;
  readonly downStage?: Stage;
  /** "3.8" */
  readonly version: string;
  /** "VeNCrypt X509Plain"; what is offered, where the viewer chooses. */
  readonly security: string;
  /** Who carried out the login: the viewer, or the gateway. */
  readonly mode: "pass_through" | "login";
  /** What was spoken, for people: "RFB 3.8, VeNCrypt X509Plain". */
  readonly detail: string;
}

/** Who looks: what logs, lists and limits need to know. */
export interface SessionUser {
  /** The viewer's address, as limits group it. */
  readonly address: string;
  /** Who signed in; undefined while nobody has to. */
  readonly name?: string;
  /** May look, but not act. */
  readonly viewOnly?: boolean;
  /** Why the session may not go on: the permission or the sign-in has ended. Asked every few seconds; it must be cheap. */
  readonly whyEnd?: () => PortholeError | undefined;
}

/** The session's effects. */
export interface SessionEffects {
  /** Connects, calling `session.dialed()`, and carries out the handshake up to the first byte that may pass. */
  connect(session: Session, signal: AbortSignal): Promise<Opened>;
  log: Log;
  now?: () => number;
  /** Told of every change of state. */
  onState?: (session: Session) => void;
}

/** What `/api/sessions` and the log show. */
export interface SessionView {
  readonly id: string;
  readonly source: string;
  readonly state: SessionState;
  readonly address: string;
  readonly user?: string;
  /** ISO 8601. */
  readonly started: string;
  readonly up_bytes: number;
  readonly down_bytes: number;
  readonly detail: string;
  readonly mode?: Opened["mode"];
  /** Round trip to the viewer page, in milliseconds. */
  readonly rtt_ms?: number;
}

/** A live session; `run()` resolves when nothing of it is left. */
export class Session {
  readonly id: string;
  readonly source: SourceConfig;
  readonly viewer: ViewerSocket;
  readonly side: SideChannel;
  /** Because of the source, or because of who looks. */
  readonly viewOnly: boolean;
  readonly user: SessionUser;
  readonly startedAtMs: number;
  readonly log: Log;
  readonly count = { upBytes: 0, downBytes: 0 };
  /** When the source first answered, the handshake was over and the first byte passed; for metrics. */
  readonly marks: { dialedMs?: number; openMs?: number } = {};
  readonly #effects: Required<SessionEffects>;
  readonly #abort = new AbortController();
  #state: SessionState = "dialing";
  #opened: Opened | undefined;
  readonly #streams: ByteStream[] = [];
  #endedBy: PortholeError | undefined;

  constructor(source: SourceConfig, viewer: ViewerSocket, user: SessionUser, effects: SessionEffects) {
    this.id = crypto.randomUUID().slice(0, 8);
    this.source = source;
    this.viewer = viewer;
    this.side = new SideChannel(viewer);
    this.user = user;
    this.viewOnly = source.viewOnly || user.viewOnly === true;
    this.#effects = { now: Date.now, onState: () => {}, ...effects };
    this.startedAtMs = this.#effects.now();
    this.log = effects.log.with({ session: this.id, source: source.name });
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Why it ended; undefined before. */
  get endedBy(): PortholeError | undefined {
    return this.#endedBy;
  }

  /** Ends it from outside: the viewer is told the code and the sentence. Later calls change nothing. */
  end(reason: PortholeError): void {
    this.#abort.abort(reason);
  }

  /** What was spoken, once it is open. */
  get opened(): Opened | undefined {
    return this.#opened;
  }

  /**
   * A connection to the source is there; it is closed with the session.
   *
   * @throws the session's reason when it has ended meanwhile.
   */
  dialed(stream: ByteStream): ByteStream {
    this.#hold(stream);
    this.marks.dialedMs ??= this.#effects.now() - this.startedAtMs;
    if (this.#state === "dialing") this.#become("handshake");
    return stream;
  }

  /** What lists show. */
  view(): SessionView {
    const { id, source, user, count } = this;
    return {
      id,
      source: source.name,
      state: this.#state,
      address: user.address,
      ...(user.name === undefined ? {} : { user: user.name }),
      started: new Date(this.startedAtMs).toISOString(),
      up_bytes: count.upBytes,
      down_bytes: count.downBytes,
      detail: this.#opened?.detail ?? "",
      ...(this.#opened === undefined ? {} : { mode: this.#opened.mode }),
      ...(this.side.rttMs === undefined ? {} : { rtt_ms: this.side.rttMs }),
    };
  }

  /** Runs it to its end; never rejects. */
  async run(): Promise<void> {
    this.#tellState();
    const reason = await this.#serve().then(describeEnd, asPortholeError);
    this.#endedBy = reason;
    this.#abort.abort(reason);
    this.#become("closing");
    this.side.close();
    // A source that closed by itself has nothing more to say; everything else is let go before the viewer is.
    for (const stream of this.#streams) stream.close();
    await this.#endViewer(reason);
    this.#become("ended");
    this.#logEnd(reason);
  }

  async #serve(): Promise<"source_closed" | "viewer_left"> {
    const stopped = Promise.withResolvers<never>();
    stopped.promise.catch(() => {});
    const { signal } = this.#abort;
    const stop = () => stopped.reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    const opening = this.#open();
    opening.catch(() => {});
    const opened = await Promise.race([opening, stopped.promise, this.viewer.failed, this.#viewerGone()]);
    return await Promise.race([
      pump({ ...opened, source: opened.stream, viewer: this.viewer, count: this.count }),
      stopped.promise,
    ]);
  }

  /** A viewer that leaves before the session is open ends it; later the pump sees to that. */
  async #viewerGone(): Promise<never> {
    await this.viewer.closed;
    const reason = new PortholeError("viewer_left", "The viewer left");
    if (this.#state === "dialing" || this.#state === "handshake") this.#abort.abort(reason);
    throw reason;
  }

  async #open(): Promise<Opened> {
    const { signal } = this.#abort;
    await this.viewer.opened;
    // Told at the start already, when the viewer could not hear it yet.
    this.viewer.sendSide({ type: "state", state: this.#state });
    const opened = await this.#effects.connect(this, signal);
    this.#hold(opened.stream);
    this.#opened = opened;
    this.marks.openMs = this.#effects.now() - this.startedAtMs;
    this.#become("open");
    this.#sayHello(opened);
    return opened;
  }

  /** Remembers a stream for the cleanup, or closes it when that has been. */
  #hold(stream: ByteStream): void {
    const { signal } = this.#abort;
    if (signal.aborted) {
      stream.close();
      throw signal.reason;
    }
    this.#streams.push(stream);
  }

  #sayHello({ mode, security, version }: Opened): void {
    const { name, title, clipboard, keepaliveMs } = this.source;
    const about = {
      session: this.id,
      source: name,
      title,
      view_only: this.viewOnly,
      clipboard,
      mode,
      security,
      version,
    };
    this.side.tell({ type: "hello", ...about });
    this.side.startPings(keepaliveMs);
  }

  async #endViewer(reason: PortholeError): Promise<void> {
    if (reason.code === "viewer_stalled") this.viewer.abandon(reason);
    else await this.viewer.end(reason);
  }

  #become(state: SessionState): void {
    if (!mayBecome(this.#state, state)) throw new Error(`A session cannot go from ${this.#state} to ${state}`);
    this.#state = state;
    this.#tellState();
  }

  #tellState(): void {
    this.log.debug(`Session ${this.#state}`);
    if (this.#state === "dialing" || this.#state === "handshake" || this.#state === "open") {
      this.viewer.sendSide({ type: "state", state: this.#state });
    }
    this.#effects.onState(this);
  }

  #logEnd(reason: PortholeError): void {
    const { upBytes, downBytes } = this.count;
    const seconds = (this.#effects.now() - this.startedAtMs) / 1000;
    const fields = { code: reason.code, reason: reason.message, seconds, up: upBytes, down: downBytes };
    if (reason.code === "internal") this.log.error("Session ended", { ...fields, cause: String(reason.cause) });
    else this.log.info("Session ended", fields);
  }
}

function describeEnd(code: ErrorCode & ("source_closed" | "viewer_left")): PortholeError {
  return new PortholeError(code, code === "viewer_left" ? "The viewer left" : "The source closed the connection");
}
