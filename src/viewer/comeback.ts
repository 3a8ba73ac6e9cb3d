/** Tries to open another WebSocket for a session whose own was lost, for as long as the gateway keeps the session. */
import type { Ending } from "./ending.ts";

/** Waits between tries; a page comes back at once where it can. */
const STEPS_MS = [0, 100, 250, 500] as const;
const LAST_STEP_MS = 1_000;
/** How long a WebSocket may take to open, and the gateway to answer on it. */
const TRY_MS = 5_000;

/** What a comeback works with. */
export interface ComebackParts {
  readonly openSocket: () => WebSocket;
  /** Asks why a WebSocket did not open. Never rejects. */
  readonly diagnose: () => Promise<Ending | "admitted">;
  /** A WebSocket is open: says whose it is. */
  readonly onOpen: (socket: WebSocket) => void;
  /** The gateway's first frame on it: the comeback is over. */
  readonly onAnswer: (socket: WebSocket, data: unknown) => void;
  /** The gateway will not let this page in again, for this reason; without one, it keeps the session no longer. */
  readonly onFailure: (ending?: Ending) => void;
  readonly now: () => number;
  readonly startTimer: (run: () => void, afterMs: number) => () => void;
}

/** One comeback, from the loss of a WebSocket to the first frame on another. It tries at once. */
export class Comeback {
  readonly #parts: ComebackParts;
  readonly #holdMs: number;
  #tries: number;
  #socket: WebSocket | undefined;
  #hasOpened = false;
  #isAsking = false;
  #isOver = false;
  #cancel = () => {};
  /** How long this has lasted, without the time in which the page stood still. */
  #spentMs = 0;
  #stepMs: number;

  /** @param tries how often the session has come back lately, so that one that is always lost waits longer. */
  constructor(holdMs: number, tries: number, parts: ComebackParts) {
    this.#parts = parts;
    this.#holdMs = holdMs;
    this.#tries = tries;
    this.#stepMs = parts.now();
    this.#wait();
  }

  /** Whether a WebSocket is open, and waits for the gateway's answer. */
  get isOpen(): boolean {
    return this.#hasOpened;
  }

  /** Tries now: the network has changed, or the page is back. */
  hurry(): void {
    if (this.#hasOpened) return;
    this.#drop();
    this.#try();
  }

  /** Ends it, with this close code; without one, the gateway goes on keeping the session. */
  stop(code?: number): void {
    this.#isOver = true;
    this.#drop(code);
  }

  #wait(): void {
    const waitMs = STEPS_MS[this.#tries++] ?? LAST_STEP_MS;
    if (waitMs === 0) return this.#try();
    this.#cancel = this.#parts.startTimer(() => this.#try(), waitMs);
  }

  #try(): void {
    const socket = this.#parts.openSocket();
    this.#socket = socket;
    this.#hasOpened = false;
    this.#cancel = this.#parts.startTimer(() => this.#fail(socket), TRY_MS);
    socket.addEventListener("open", () => {
      if (socket !== this.#socket) return;
      this.#hasOpened = true;
      this.#parts.onOpen(socket);
    });
    socket.addEventListener("message", ({ data }) => {
      if (socket !== this.#socket) return;
      this.#cancel();
      this.#isOver = true;
      this.#socket = undefined;
      this.#parts.onAnswer(socket, data);
    });
    socket.addEventListener("close", () => this.#fail(socket));
  }

  #fail(socket: WebSocket): void {
    if (socket !== this.#socket) return;
    if (!this.#hasOpened) void this.#ask();
    this.#drop();
    const now = this.#parts.now();
    this.#spentMs += Math.min(now - this.#stepMs, TRY_MS);
    this.#stepMs = now;
    if (this.#spentMs >= this.#holdMs) this.#parts.onFailure();
    else this.#wait();
  }

  /** Meanwhile the tries go on: whoever answers with a passing reason may let the page in a moment later. */
  async #ask(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    const verdict = await this.#parts.diagnose();
    this.#isAsking = false;
    if (!this.#isOver && verdict !== "admitted" && !verdict.retry) this.#parts.onFailure(verdict);
  }

  #drop(code?: number): void {
    this.#cancel();
    const socket = this.#socket;
    this.#socket = undefined;
    this.#hasOpened = false;
    socket?.close(code);
  }
}
