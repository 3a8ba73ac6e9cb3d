/**
 * Keeps one source open: begins a session, learns of its end, and begins another with backoff.
 * It does not touch the page; the page passes in functions to show and draw with.
 */
import { SUBPROTOCOL, type UpMessage } from "../side_channel/messages.ts";
import { computeDelayMs, jitter } from "./backoff.ts";
import { type Ending, LEFT, NOT_OPENED, UPGRADE_LOST } from "./ending.ts";
import type { RfbChannel } from "./rfb_channel.ts";
import { type Resume, Session, type ShownMessage } from "./session.ts";

/** State of a connection; `untilMs` is on the clock of `now()`. */
export type Phase =
  | { readonly kind: "connecting"; readonly after?: Ending }
  | { readonly kind: "open" }
  | { readonly kind: "waiting"; readonly ending: Ending; readonly untilMs: number }
  | { readonly kind: "ended"; readonly ending: Ending };

/** Functions of the page that a connection uses. */
export interface ConnectionParts {
  /** Opens a WebSocket to the source with this subprotocol. */
  readonly openSocket: (subprotocol: string, resume: Resume) => WebSocket;
  /** Receives the channel to draw from; called once for each session. */
  readonly attach: (channel: RfbChannel) => void;
  readonly showPhase: (phase: Phase) => void;
  /** The session goes on, but its WebSocket was lost a moment ago, and there is no other yet; or there is. */
  readonly showAway: (isAway: boolean) => void;
  readonly takeMessage: (message: ShownMessage) => void;
  /** Asks why a WebSocket did not open; "admitted" if the gateway would open it. Never rejects. */
  readonly diagnose: () => Promise<Ending | "admitted">;
  /** A clock that goes on while the device sleeps. */
  readonly now?: () => number;
  /** Runs something later; returns a function that cancels it. */
  readonly startTimer?: (run: () => void, afterMs: number) => () => void;
  /** Runs something after what has arrived by now. */
  readonly defer: (run: () => void) => void;
  readonly random?: () => number;
}

/** A connection that lasted this long resets the backoff. */
const GOOD_MS = 10_000;
/** The gateway opens a WebSocket before it connects to the source, so that a longer wait is a lost packet or host. */
const OPEN_MS = 20_000;
/** How long, and how often, the page tries when the gateway is back in a moment. */
const MOMENT_MS = 10_000;
const MOMENTARY_STEP_MS = 250;
/** After a session that lasted this long, it may be back in a moment again. */
const BACK_MS = 2_000;

/** Keeps one source open until the user disconnects, or until a retry cannot help. */
export class Connection {
  readonly #parts: Required<ConnectionParts>;
  #session: Session | null = null;
  #cancelRetry = () => {};
  #cancelWatch = () => {};
  #phase: Phase = { kind: "ended", ending: LEFT };
  #attempt = 0;
  /** Until when the gateway may be back in a moment; undefined if it did not say so since a session lasted. */
  #momentUntilMs: number | undefined;
  /** Attempts in a row that did not open although the gateway would admit them. */
  #unopened = 0;
  /** Whether the WebSocket has not opened and the reason is being asked for. */
  #isAsking = false;
  #openedAtMs = Infinity;

  constructor(parts: ConnectionParts) {
    this.#parts = { now: Date.now, startTimer, random: Math.random, ...parts };
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** Connects now, whatever the state. */
  connect(): void {
    this.#drop();
    this.#show(
      this.#phase.kind === "waiting" ? { kind: "connecting", after: this.#phase.ending } : { kind: "connecting" },
    );
    this.#openedAtMs = Infinity;
    this.#isAsking = false;
    const session: Session = this.#session = new Session({
      ...this.#parts,
      openSocket: (resume) => this.#parts.openSocket(SUBPROTOCOL, resume),
      onOpen: () => this.#takeOpen(session),
      onUnopened: () => void this.#explainUnopened(session),
      onEnd: (ending) => session === this.#session && this.#end(ending),
    });
    this.#cancelWatch = this.#parts.startTimer(() => void this.#explainUnopened(session), OPEN_MS);
    this.#parts.attach(session.channel);
  }

  /** The VNC handshake is done and the picture is coming. */
  confirmOpen(): void {
    if (this.#session === null) return;
    this.#openedAtMs = this.#parts.now();
    this.#show({ kind: "open" });
  }

  /** Ends this attempt with a failure that the page itself found; ignored when it has ended already. */
  fail(sentence: string, retry: boolean): void {
    if (this.#session !== null && !this.#isAsking) this.#end({ sentence, retry, remedy: "again" });
  }

  /** Disconnects for the user: no reconnect. */
  leave(): void {
    this.#drop();
    this.#attempt = 0;
    this.#show({ kind: "ended", ending: LEFT });
  }

  /** The network or the page is back: connects at once, but not before the time that the gateway named. */
  wake(isNetworkNew = false): void {
    this.#session?.wake(isNetworkNew);
    if (this.#phase.kind === "waiting" && this.#phase.ending.retryAfterMs === undefined) this.connect();
  }

  /** Sends a message to the gateway; dropped while there is no session. */
  send(message: UpMessage): void {
    this.#session?.send(message);
  }

  #takeOpen(session: Session): void {
    if (session !== this.#session) return;
    this.#unopened = 0;
    this.#cancelWatch();
  }

  async #explainUnopened(session: Session): Promise<void> {
    if (session !== this.#session || this.#isAsking) return;
    this.#isAsking = true;
    const verdict = await this.#parts.diagnose();
    if (session !== this.#session) return;
    this.#unopened = verdict === "admitted" ? this.#unopened + 1 : 0;
    if (verdict !== "admitted") return this.#end(verdict);
    this.#end(this.#unopened < 2 ? NOT_OPENED : UPGRADE_LOST);
  }

  #end(ending: Ending): void {
    const lastedMs = this.#parts.now() - this.#openedAtMs;
    this.#drop();
    if (lastedMs >= GOOD_MS) this.#attempt = 0;
    if (lastedMs >= BACK_MS) this.#momentUntilMs = undefined;
    if (!ending.retry) return this.#show({ kind: "ended", ending });
    const delayMs = this.#chooseDelayMs(ending);
    this.#cancelRetry = this.#parts.startTimer(() => this.connect(), delayMs);
    this.#show({ kind: "waiting", ending, untilMs: this.#parts.now() + delayMs });
  }

  #chooseDelayMs({ isMomentary = false, retryAfterMs }: Ending): number {
    const { now, random } = this.#parts;
    if (isMomentary && this.#momentUntilMs === undefined) {
      this.#momentUntilMs = now() + MOMENT_MS;
      return 0;
    }
    const isMoment = retryAfterMs === undefined && now() < (this.#momentUntilMs ?? -Infinity);
    return isMoment ? jitter(MOMENTARY_STEP_MS, random()) : computeDelayMs(this.#attempt++, random(), retryAfterMs);
  }

  #drop(): void {
    this.#cancelRetry();
    this.#cancelWatch();
    const session = this.#session;
    this.#session = null;
    session?.leave();
  }

  #show(phase: Phase): void {
    this.#phase = phase;
    this.#parts.showPhase(phase);
  }
}

function startTimer(run: () => void, afterMs: number): () => void {
  const timer = setTimeout(run, afterMs);
  return () => clearTimeout(timer);
}
