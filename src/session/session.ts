/** One viewer on one source, from the upgrade to the last cleanup. */
import { abortable } from "@std/async/abortable";
import { pump } from "../bridge/pump.ts";
import { Taps } from "../bridge/taps.ts";
import { abandonViewer, endViewer } from "../bridge/viewer_ending.ts";
import type { ViewerSocket } from "../bridge/viewer_socket.ts";
import { asPortholeError, type ErrorCode, PortholeError } from "../errors.ts";
import type { HandshakeViewer } from "../source/handshake_viewer.ts";
import type { Opened } from "../source/opened.ts";
import type { Source } from "../source/source.ts";
import type { Log } from "../telemetry/log.ts";
import { SideChannel } from "./side_channel.ts";
import { isTold, mayBecome, type SessionState } from "./state.ts";

/** Who a session belongs to: what logs, lists and limits need to know. */
export interface SessionUser {
  /** The viewer's address, as limits group it. */
  readonly address: string;
  /** The name of the user; undefined while nobody has to sign in. */
  readonly name?: string;
  /** Whether the user may only watch. */
  readonly viewOnly?: boolean;
  /** Why the session must end: the permission or the sign-in has ended. Asked every two seconds; it must be cheap. */
  readonly whyEnd?: () => Promise<PortholeError | undefined>;
}

/** Who meets in a session. */
export interface SessionParties {
  readonly source: Pick<Source, "config" | "name" | "open">;
  readonly viewer: ViewerSocket;
  readonly user: SessionUser;
}

/** Follows sessions. Each method is called in the turn in which it happens and must return at once. */
export interface SessionListener {
  /** The session has another state, or has just begun. */
  onState?(session: Session): void;
  /** The source is open, and the first byte is about to pass. */
  onOpened?(session: Session, opened: Opened): void;
  /** No more bytes are taken; the viewer may still be told why. */
  onClosing?(session: Session, reason: PortholeError): void;
  /** Nothing of the session is left, and the registry does not list it any more. */
  onEnded?(session: Session, reason: PortholeError): void;
}

/** The effects of a session. */
export interface SessionEffects {
  readonly log: Log;
  readonly events: Required<SessionListener>;
  readonly now?: () => number;
}

/** A live session. */
export class Session {
  readonly id: string;
  readonly source: SessionParties["source"];
  readonly viewer: ViewerSocket;
  readonly user: SessionUser;
  readonly side: SideChannel;
  /** Whether the viewer may only watch, because of the source or because of the user. */
  readonly viewOnly: boolean;
  readonly startedAtMs: number;
  readonly log: Log;
  /** Bytes that have passed. */
  readonly count = { upBytes: 0, downBytes: 0 };
  /** Hands out copies of the bytes, from the first one after the login to the session's end. */
  readonly taps = new Taps();
  readonly #events: Required<SessionListener>;
  readonly #now: () => number;
  readonly #abort = new AbortController();
  #state: SessionState = "dialing";
  #opened: Opened | undefined;
  #endedBy: PortholeError | undefined;

  constructor({ source, viewer, user }: SessionParties, { log, events, now = Date.now }: SessionEffects) {
    this.id = crypto.randomUUID().slice(0, 8);
    this.source = source;
    this.viewer = viewer;
    this.user = user;
    this.side = new SideChannel(viewer);
    this.viewOnly = source.config.viewOnly || user.viewOnly === true;
    this.#events = events;
    this.#now = now;
    this.startedAtMs = now();
    this.log = log.with({ session: this.id, source: source.name });
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Why it ended; undefined before. */
  get endedBy(): PortholeError | undefined {
    return this.#endedBy;
  }

  /** What was spoken with the source, once it is open. */
  get opened(): Opened | undefined {
    return this.#opened;
  }

  /** Milliseconds since it began. */
  get ageMs(): number {
    return this.#now() - this.startedAtMs;
  }

  /** Ends it from outside: the viewer is told the code and the sentence. Later calls change nothing. */
  end(reason: PortholeError): void {
    this.#abort.abort(reason);
  }

  /** Runs it to its end; resolves with the reason when nothing of it is left. Never rejects. */
  async run(): Promise<PortholeError> {
    this.#announceState();
    const reason = await this.#serve().then(describeEnd, asPortholeError);
    this.#endedBy = reason;
    this.#abort.abort(reason);
    this.#become("closing");
    this.#events.onClosing(this, reason);
    this.side.close();
    this.taps.end();
    // A source that closed by itself has nothing more to say; in every other case it goes before the viewer does.
    this.#opened?.stream.close();
    await this.#endViewer(reason);
    this.#become("ended");
    this.#logEnd(reason);
    return reason;
  }

  async #serve(): Promise<"source_closed" | "viewer_left"> {
    const { signal } = this.#abort;
    const opening = this.#open();
    const opened = await abortable(Promise.race([opening, this.viewer.failed, this.#watchLeaving()]), signal);
    return await abortable(
      pump({ ...opened, source: opened.stream, viewer: this.viewer, taps: this.taps, count: this.count }),
      signal,
    );
  }

  /** Ends a session whose viewer leaves before the source is open; later the pump sees to that. */
  async #watchLeaving(): Promise<never> {
    await this.viewer.closed;
    const reason = new PortholeError("viewer_left", "The viewer left");
    if (this.#state === "dialing" || this.#state === "handshake") this.#abort.abort(reason);
    throw reason;
  }

  async #open(): Promise<Opened> {
    const { signal } = this.#abort;
    await this.viewer.opened;
    // Announced at the start already, when the viewer could not hear it yet.
    this.#showState();
    const opened = await this.source.open(this.#describeViewer(), signal);
    if (signal.aborted) opened.stream.close();
    signal.throwIfAborted();
    this.#opened = opened;
    if (opened.login) this.taps.beginAfter(opened.login);
    this.#noteConnected();
    this.#become("open");
    this.#events.onOpened(this, opened);
    this.#sayHello(opened);
    return opened;
  }

  #describeViewer(): HandshakeViewer {
    const { viewer, side, viewOnly } = this;
    return {
      viewOnly,
      canAsk: side.canAsk,
      up: viewer.up,
      send: (bytes) => viewer.send(bytes),
      ask: (fields, signal, message) => side.ask(fields, signal, message),
      noteConnected: () => this.#noteConnected(),
    };
  }

  #noteConnected(): void {
    if (this.#state === "dialing") this.#become("handshake");
  }

  #sayHello({ mode, security, version }: Opened): void {
    const { name, title, clipboard, keepaliveMs } = this.source.config;
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

  /** Tells the viewer page how far it is; the end is told by the goodbye. */
  #showState(): void {
    if (isTold(this.#state)) this.side.tell({ type: "state", state: this.#state });
  }

  #logEnd(reason: PortholeError): void {
    const { upBytes, downBytes } = this.count;
    const fields = {
      code: reason.code,
      reason: reason.message,
      seconds: this.ageMs / 1000,
      up: upBytes,
      down: downBytes,
    };
    if (reason.code === "internal") this.log.error("Session ended", { ...fields, cause: String(reason.cause) });
    else this.log.info("Session ended", fields);
  }
}

function describeEnd(code: ErrorCode & ("source_closed" | "viewer_left")): PortholeError {
  return new PortholeError(code, code === "viewer_left" ? "The viewer left" : "The source closed the connection");
}
