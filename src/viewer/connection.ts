/**
 * Keeps one source open: opens the page's WebSocket, notices its end, and reconnects with backoff.
 * It does not touch the page; the page passes in functions to show and draw with.
 */
import { type DownMessage, parseDown, SUBPROTOCOL, type UpMessage, writeMessage } from "../side_channel/messages.ts";
import { computeDelayMs } from "./backoff.ts";
import { type Ending, explainClose, explainGoodbye, LEFT, NOT_OPENED, UPGRADE_LOST } from "./ending.ts";
import { RfbChannel } from "./rfb_channel.ts";

/** State of a connection; `untilMs` is on the clock of `now()`. */
export type Phase =
  | { readonly kind: "connecting"; readonly after?: Ending }
  | { readonly kind: "open" }
  | { readonly kind: "waiting"; readonly ending: Ending; readonly untilMs: number }
  | { readonly kind: "ended"; readonly ending: Ending };

/** The messages that the page shows; the connection itself answers pings and the goodbye. */
export type ShownMessage = Exclude<DownMessage, { type: "goodbye" | "ping" }>;

/** Functions of the page that a connection uses. */
export interface ConnectionParts {
  /** Opens a WebSocket to the source with this subprotocol. */
  readonly openSocket: (subprotocol: string) => WebSocket;
  /** Receives the channel to draw from; called once for each attempt. */
  readonly attach: (channel: RfbChannel) => void;
  readonly showPhase: (phase: Phase) => void;
  readonly takeMessage: (message: ShownMessage) => void;
  /** Asks why a WebSocket did not open; "admitted" if the gateway would open it. Never rejects. */
  readonly diagnose: () => Promise<Ending | "admitted">;
  readonly now?: () => number;
  /** Runs something later; returns a function that cancels it. */
  readonly startTimer?: (run: () => void, afterMs: number) => () => void;
  readonly random?: () => number;
}

/** A connection that lasted this long resets the backoff. */
const GOOD_MS = 10_000;
/** The gateway opens a WebSocket before it connects to the source, so that a longer wait is a lost packet or host. */
const OPEN_MS = 20_000;
/** The gateway pings every 20 s; after three silent intervals the link is dead, although no error was reported. */
const SILENCE_MS = 60_000;
/** After a tab or device slept, what arrived meanwhile is delivered within this time. */
const CATCH_UP_MS = 5_000;

/** Keeps one source open until the user disconnects, or until a retry cannot help. */
export class Connection {
  readonly #parts: Required<ConnectionParts>;
  #socket: WebSocket | null = null;
  #cancelRetry = () => {};
  #cancelWatch = () => {};
  #phase: Phase = { kind: "ended", ending: LEFT };
  #attempt = 0;
  /** Attempts in a row that did not open although the gateway would admit them. */
  #unopened = 0;
  /** Whether the socket has closed and the reason is being asked for. */
  #isAsking = false;
  #hasOpened = false;
  #openedAtMs = Infinity;
  #heardAtMs = 0;

  constructor(parts: ConnectionParts) {
    this.#parts = { now: () => performance.now(), startTimer, random: Math.random, ...parts };
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
    const socket = this.#parts.openSocket(SUBPROTOCOL);
    this.#socket = socket;
    this.#openedAtMs = Infinity;
    this.#hasOpened = this.#isAsking = false;
    this.#cancelWatch = this.#parts.startTimer(() => void this.#explainUnopened(socket), OPEN_MS);
    socket.addEventListener("open", () => this.#takeOpen(socket));
    socket.addEventListener("message", () => this.#heardAtMs = this.#parts.now());
    socket.addEventListener("close", ({ code, reason }) => this.#takeClose(socket, code, reason));
    this.#parts.attach(new RfbChannel(socket, (text) => this.#takeText(socket, text)));
  }

  /** The VNC handshake is done and the picture is coming. */
  confirmOpen(): void {
    if (this.#socket === null) return;
    this.#openedAtMs = this.#parts.now();
    this.#show({ kind: "open" });
  }

  /** Ends this attempt with a failure that the page itself found; ignored when it has ended already. */
  fail(sentence: string, retry: boolean): void {
    if (this.#socket !== null && !this.#isAsking) this.#end({ sentence, retry, remedy: "again" });
  }

  /** Disconnects for the user: no reconnect. */
  leave(): void {
    this.#drop();
    this.#attempt = 0;
    this.#show({ kind: "ended", ending: LEFT });
  }

  /** Reconnects at once if it is waiting, but for a wait that the gateway named: the network or the page is back. */
  wake(): void {
    if (this.#phase.kind === "waiting" && this.#phase.ending.retryAfterMs === undefined) this.connect();
  }

  /** Sends a message to the gateway; dropped while no socket is open. */
  send(message: UpMessage): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(writeMessage(message));
  }

  #takeText(socket: WebSocket, text: string): void {
    if (socket !== this.#socket) return;
    const { message } = parseDown(text);
    if (message === undefined) return;
    if (message.type === "goodbye") return this.#end(explainGoodbye(message));
    if (message.type !== "ping") return this.#parts.takeMessage(message);
    this.send({ type: "pong", id: message.id });
    this.#guardSilence();
  }

  #takeOpen(socket: WebSocket): void {
    if (socket !== this.#socket) return;
    this.#hasOpened = true;
    this.#unopened = 0;
    this.#cancelWatch();
  }

  #takeClose(socket: WebSocket, code: number, reason: string): void {
    if (socket !== this.#socket) return;
    if (this.#hasOpened) this.#end(explainClose(code, reason));
    else void this.#explainUnopened(socket);
  }

  async #explainUnopened(socket: WebSocket): Promise<void> {
    if (socket !== this.#socket || this.#isAsking) return;
    this.#isAsking = true;
    const verdict = await this.#parts.diagnose();
    if (socket !== this.#socket) return;
    this.#unopened = verdict === "admitted" ? this.#unopened + 1 : 0;
    if (verdict !== "admitted") return this.#end(verdict);
    this.#end(this.#unopened < 2 ? NOT_OPENED : UPGRADE_LOST);
  }

  #end(ending: Ending): void {
    const heldMs = this.#parts.now() - this.#openedAtMs;
    this.#drop();
    if (heldMs >= GOOD_MS) this.#attempt = 0;
    if (!ending.retry) return this.#show({ kind: "ended", ending });
    const delayMs = computeDelayMs(this.#attempt++, this.#parts.random(), ending.retryAfterMs);
    this.#cancelRetry = this.#parts.startTimer(() => this.connect(), delayMs);
    this.#show({ kind: "waiting", ending, untilMs: this.#parts.now() + delayMs });
  }

  /** Closes the socket without waiting for the other side, which may be gone. */
  #drop(): void {
    this.#cancelRetry();
    this.#cancelWatch();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000);
  }

  /** Starts with the first ping: a gateway that never pings may be silent for any length of time. */
  #guardSilence(): void {
    this.#cancelWatch();
    const dueMs = this.#heardAtMs + SILENCE_MS;
    const leftMs = dueMs - this.#parts.now();
    if (leftMs <= 0) return this.#end(explainClose(1006, ""));
    this.#cancelWatch = this.#parts.startTimer(() => this.#takeSilence(dueMs), leftMs);
  }

  /** A timer that comes late means that the tab or device slept: what arrived meanwhile has not been read yet. */
  #takeSilence(dueMs: number): void {
    const lateMs = this.#parts.now() - dueMs;
    if (lateMs > CATCH_UP_MS) this.#heardAtMs = Math.max(this.#heardAtMs, this.#parts.now() - SILENCE_MS + CATCH_UP_MS);
    this.#guardSilence();
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
