/** A session: one viewer on one source, from the upgrade to the last cleanup. */
import { abortable } from "@std/async/abortable";
import { readSteadyClock } from "../async/steady_clock.ts";
import { pump, type PumpEnd } from "../bridge/pump.ts";
import { Taps } from "../bridge/taps.ts";
import { Turns } from "../bridge/turns.ts";
import { abandonViewer, endViewer } from "../bridge/viewer_ending.ts";
import type { Viewer } from "../bridge/viewer.ts";
import type { SourceConfig } from "../config/config.ts";
import { asPortholeError, type PortholeError } from "../errors.ts";
import type { LoginWatch } from "../rfb/login_watch.ts";
import type { HandshakeViewer } from "../source/handshake_viewer.ts";
import type { Opened } from "../source/opened.ts";
import type { Source } from "../source/source.ts";
import type { Log } from "../telemetry/log.ts";
import { composeHello } from "./hello.ts";
import { explainClose, type Patience, watchPatience } from "./login_patience.ts";
import { describeLeaving, describePumpEnd, logEnd } from "./session_end.ts";
import { nameSender, type SessionUser } from "./session_user.ts";
import { SideChannel } from "./side_channel.ts";
import { isTold, mayBecome, type SessionState } from "./state.ts";

/** The source, the viewer and the user of a session. */
export interface SessionParties {
  readonly source: Pick<Source, "config" | "name" | "open">;
  readonly viewer: Viewer;
  readonly user: SessionUser;
}

/** Listens to the events of sessions. Methods are called synchronously and must return at once. */
export interface SessionListener {
  /** The session has another state, or has just begun. */
  onState?(session: Session): void;
  /** The source is open, and the first byte is about to pass. */
  onOpened?(session: Session, opened: Opened): void;
  /** Bytes no longer pass; the viewer may not have received the reason yet. */
  onClosing?(session: Session, reason: PortholeError): void;
  /** The session is cleaned up, and the registry no longer lists it. */
  onEnded?(session: Session, reason: PortholeError): void;
}

/** The effects of a session. */
export interface SessionEffects {
  readonly log: Log;
  readonly events: Required<SessionListener>;
  /** Shared by all sessions. */
  readonly turns?: Turns;
  /** Never goes back. */
  readonly now?: () => number;
  /** May know a better reason for the end, from other sessions; rejects with the signal's reason. */
  readonly explainEnd?: (session: Session, reason: PortholeError, signal: AbortSignal) => Promise<PortholeError>;
}

/** A live session. */
export class Session {
  readonly id: string;
  readonly source: SessionParties["source"];
  readonly viewer: Viewer;
  readonly side: SideChannel;
  /** Whether the session is view-only, because of the source or because of the user. */
  readonly viewOnly: boolean;
  /** By the clock of the machine, for people. */
  readonly startedAtMs = Date.now();
  readonly log: Log;
  /** Bytes that have passed. */
  readonly count = { upBytes: 0, downBytes: 0 };
  /** Give copies of the bytes to taps, from the first one after the login to the end of the session. */
  readonly taps = new Taps();
  readonly #events: Required<SessionListener>;
  readonly #now: () => number;
  readonly #beganAtMs: number;
  readonly #explainEnd: Required<SessionEffects>["explainEnd"];
  readonly #turns: Turns;
  readonly #abort = new AbortController();
  #user: SessionUser;
  #state: SessionState = "dialing";
  #opened: Opened | undefined;
  #greetedWith: SourceConfig | undefined;
  #endedBy: PortholeError | undefined;
  #patience: Patience | undefined;
  #enteredAtMs: number | undefined;
  #hasDroppedText = false;

  constructor({ source, viewer, user }: SessionParties, effects: SessionEffects) {
    const { log, events, now = readSteadyClock, explainEnd = (_session, reason) => Promise.resolve(reason) } = effects;
    // The last group of a UUID: 48 random bits, so that no two open sessions have the same id.
    this.id = crypto.randomUUID().slice(-12);
    this.source = source;
    this.viewer = viewer;
    this.#user = user;
    this.side = new SideChannel(viewer);
    this.viewOnly = source.config.viewOnly || user.viewOnly === true;
    this.#events = events;
    this.#now = now;
    this.#explainEnd = explainEnd;
    this.#turns = effects.turns ?? new Turns();
    this.#beganAtMs = now();
    this.log = log.with({ session: this.id, source: source.name });
  }

  get user(): SessionUser {
    return this.#user;
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Why it ended; undefined before. */
  get endedBy(): PortholeError | undefined {
    return this.#endedBy;
  }

  /** The opened source; undefined until it is open. */
  get opened(): Opened | undefined {
    return this.#opened;
  }

  /** When the source let this session in, on the session's clock; undefined before. */
  get enteredAtMs(): number | undefined {
    return this.#enteredAtMs;
  }

  /** Whole milliseconds since it began. */
  get ageMs(): number {
    return Math.round(this.#now() - this.#beganAtMs);
  }

  /** Tells the page of the session once it is open, and again when the source has taken up other settings. */
  greet(): void {
    const { config } = this.source;
    if (this.#state !== "open" || this.#greetedWith === config) return;
    this.#greetedWith = config;
    this.side.tell(composeHello(this, this.#opened!));
    this.side.startPings(config.keepaliveMs);
  }

  /** The viewer has another address now; `SessionRegistry.move()` counts it there. */
  moveTo(address: string): void {
    this.#user = { ...this.#user, address };
  }

  /** The viewer has lost its WebSocket, and may come back. */
  noteHeld(): void {
    if (this.#endedBy === undefined) this.log.info("Session held");
  }

  /** The viewer has come back, after so many milliseconds. */
  noteResumed(gapMs: number): void {
    if (this.#endedBy !== undefined) return;
    this.log.info("Session resumed", { from: this.#user.address, gap_ms: Math.round(gapMs) });
  }

  /** Ends the session with a reason, which the viewer receives. Later calls have no effect. */
  end(reason: PortholeError): void {
    this.#abort.abort(reason);
  }

  /** Runs the session; resolves with the reason of its end after the cleanup. Never rejects. */
  async run(): Promise<PortholeError> {
    this.#announceState();
    const end = await this.#serve().then((end) => describePumpEnd(end, this.viewer), asPortholeError);
    const reason = await this.#explainEnd(this, end, this.#abort.signal).catch(asPortholeError);
    this.#endedBy = reason;
    this.#abort.abort(reason);
    this.#become("closing");
    this.#events.onClosing(this, reason);
    this.side.close();
    this.taps.end();
    // The source is closed first, because closing the viewer may take a while.
    this.#opened?.stream.close();
    await this.#endViewer(reason);
    this.#become("ended");
    logEnd(this, reason);
    return reason;
  }

  async #serve(): Promise<PumpEnd> {
    const { signal } = this.#abort;
    const opening = this.#open();
    const opened = await abortable(Promise.race([opening, this.viewer.failed, this.#watchLeaving()]), signal);
    const { viewer, taps, count } = this;
    const end = await abortable(
      pump({ ...opened, source: opened.stream, viewer, taps, count, turns: this.#turns }),
      signal,
    );
    const refusal = end === "source_closed"
      ? explainClose(opened.login, this.#patience, this.source.config.title)
      : undefined;
    if (refusal) throw refusal;
    return end;
  }

  /** Ends the session if the viewer leaves before the source is open. After that, the pump notices it. */
  async #watchLeaving(): Promise<never> {
    await this.viewer.closed;
    const reason = describeLeaving(this.viewer);
    if (this.#state === "dialing" || this.#state === "handshake") this.#abort.abort(reason);
    throw reason;
  }

  async #open(): Promise<Opened> {
    const { signal } = this.#abort;
    await this.viewer.opened;
    signal.throwIfAborted();
    // When the state was announced, the viewer was not connected yet.
    this.#showState();
    this.side.startPings(this.source.config.keepaliveMs);
    const opened = await this.source.open(this.#describeViewer(), signal);
    if (signal.aborted) opened.stream.close();
    signal.throwIfAborted();
    this.#opened = opened;
    if (opened.login) this.#followLogin(opened.login, opened.noteAsking ?? (() => {}));
    this.#noteConnected();
    this.#become("open");
    this.#events.onOpened(this, opened);
    this.greet();
    return opened;
  }

  /** Follows a login that the viewer carries out by itself. */
  #followLogin(login: LoginWatch, noteAsking: () => void): void {
    const { title, loginTimeoutMs } = this.source.config;
    const patience = this.#patience = watchPatience(login, {
      timeoutMs: loginTimeoutMs,
      onAsking: () => {
        noteAsking();
        this.side.tell({ type: "asking" });
      },
      onUnanswered: (refusal) => this.end(refusal.of(title)),
    });
    this.#abort.signal.addEventListener("abort", () => patience.stop(), { once: true });
    this.taps.beginAfter(login, () => {
      patience.stop();
      this.#noteEntered();
    });
  }

  #describeViewer(): HandshakeViewer {
    const { viewer, side, user, viewOnly } = this;
    return {
      sender: nameSender(user),
      viewOnly,
      canAsk: side.canAsk,
      hasSecureContext: user.hasSecureContext ?? true,
      up: viewer.up,
      send: (bytes) => viewer.send(bytes),
      ask: (fields, signal, message) => side.ask(fields, signal, message),
      noteConnected: () => this.#noteConnected(),
      noteAsking: () => this.side.tell({ type: "asking" }),
      noteEntered: () => this.#noteEntered(),
      noteTextDropped: (bytes) => this.#noteTextDropped(bytes),
    };
  }

  #noteTextDropped(bytes: number): void {
    const limit = this.source.config.clipboardLimitBytes;
    // The first one only: a viewer must not fill the log.
    if (!this.#hasDroppedText) this.log.info("Clipboard text dropped: longer than clipboard_limit", { bytes, limit });
    this.#hasDroppedText = true;
    this.side.tell({ type: "clipboard_dropped", bytes, limit });
  }

  #noteEntered(): void {
    this.#enteredAtMs = this.#now();
  }

  #noteConnected(): void {
    if (this.#state === "dialing") this.#become("handshake");
  }

  async #endViewer(reason: PortholeError): Promise<void> {
    if (reason.code === "viewer_stalled") abandonViewer(this.viewer, reason);
    else await endViewer(this.viewer, reason);
  }

  #become(state: SessionState): void {
    if (!mayBecome(this.#state, state)) throw new Error(`A session cannot go from ${this.#state} to ${state}`);
    this.#state = state;
    this.#announceState();
  }

  #announceState(): void {
    this.log.debug(`Session ${this.#state}`);
    this.#showState();
    this.#events.onState(this);
  }

  /** Sends the state to the viewer page. The end is part of the goodbye. */
  #showState(): void {
    if (isTold(this.#state)) this.side.tell({ type: "state", state: this.#state });
  }
}
