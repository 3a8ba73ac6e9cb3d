/**
 * One session as the page has it: over one WebSocket, and where the gateway keeps the session, over the next ones when
 * that is lost. noVNC notices nothing of it.
 */
import { type Down, type DownMessage, parseDown, type UpMessage, writeMessage } from "../side_channel/messages.ts";
import { Acknowledger } from "./acknowledger.ts";
import { Comeback } from "./comeback.ts";
import { type Ending, explainClose, explainGoodbye, GONE } from "./ending.ts";
import { LinkWatch } from "./link_watch.ts";
import { RfbChannel } from "./rfb_channel.ts";

/** The messages that the page shows; the session itself handles those that belong to one WebSocket, and the goodbye. */
export type ShownMessage = Exclude<DownMessage, { type: "goodbye" | "ping" | "ack" | "resumable" }>;

/** What the address of a WebSocket says: whether it begins a session that can be resumed, or resumes one. */
export type Resume = "new" | "held";

/** What a session works with. */
export interface SessionParts {
  /** Opens a WebSocket to the source. */
  readonly openSocket: (resume: Resume) => WebSocket;
  readonly takeMessage: (message: ShownMessage) => void;
  /** The WebSocket was lost a moment ago, and there is no other yet; or there is. */
  readonly showAway: (isAway: boolean) => void;
  /** Asks why a WebSocket did not open; "admitted" if the gateway would open it. Never rejects. */
  readonly diagnose: () => Promise<Ending | "admitted">;
  readonly onOpen: () => void;
  /** The first WebSocket closed before it was open. */
  readonly onUnopened: () => void;
  readonly onEnd: (ending: Ending) => void;
  readonly now: () => number;
  readonly startTimer: (run: () => void, afterMs: number) => () => void;
  /** Runs something after what has arrived by now. */
  readonly defer: (run: () => void) => void;
}

/** The close code of a page that leaves: the gateway does not keep its session. */
const LEFT_CODE = 1000;
/** A loss shorter than this is not shown. */
const UNSEEN_MS = 1_000;
/** A WebSocket that lasted this long was not lost for a reason that comes again at once. */
const LASTING_MS = 2_000;
/** Without any sign for this long, which is longer than the gateway's pings are apart, a link is doubtful. */
const DOUBTFUL_MS = 25_000;

/** One session; it begins at once. */
export class Session {
  /** What noVNC draws from. */
  readonly channel: RfbChannel;
  readonly #parts: SessionParts;
  readonly #acknowledger: Acknowledger;
  readonly #watch: LinkWatch;
  /** The WebSocket that carries the session; null while there is none. */
  #socket: WebSocket | null = null;
  #hasOpened = false;
  #isOver = false;
  /** Whether the gateway's first frame is still to come, which says whether it acknowledges. */
  #isFirst = true;
  #resumable: Down<"resumable"> | undefined;
  #comeback: Comeback | undefined;
  /** Whether the old WebSocket has shown a sign of life since the comeback began. */
  #isAlive = false;
  /** Comebacks in a row that did not last. */
  #comebacks = 0;
  #carriedMs = 0;
  #cancelAway = () => {};
  #isAway = false;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    const { now, startTimer, defer } = parts;
    const socket = this.#openSocket("new");
    const channel = this.channel = new RfbChannel({
      onClose: () => this.leave(),
      onSend: () => this.#watch.noteSent(),
    });
    this.#acknowledger = new Acknowledger({
      getReceived: () => channel.received,
      getSends: () => channel.sends,
      acknowledge: (received) => channel.sendMessage({ type: "ack", received }),
      isQuick: /^wss:/.test(socket.url),
      now,
      startTimer,
      defer,
    });
    this.#watch = new LinkWatch({
      isAwaiting: () => channel.isAwaiting,
      isResumable: () => this.#canResume,
      onDead: () => this.#takeLoss(explainClose(1006, "")),
      now,
      startTimer,
    });
    this.#carry(socket);
    socket.addEventListener("open", () => this.#takeOpen(socket));
  }

  get #canResume(): boolean {
    return this.#resumable !== undefined && this.#resumable.hold_ms > 0 && this.channel.isKept;
  }

  /** Sends a message to the gateway; one that counts arrives, even if the WebSocket is lost meanwhile. */
  send(message: UpMessage): void {
    this.channel.sendMessage(message);
  }

  /** Ends the session for the user. */
  leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#watch.stop();
    this.#acknowledger.stop();
    this.#comeback?.stop(LEFT_CODE);
    this.#cancelAway();
    this.#release(LEFT_CODE);
  }

  /** The page or the network is back: what is away tries at once, and what seems to be there is doubted. */
  wake(isNetworkNew: boolean): void {
    if (this.#isOver) return;
    if (this.#comeback) return this.#comeback.hurry();
    if (this.#canResume && (isNetworkNew || this.#watch.silentMs > DOUBTFUL_MS)) this.#comeBack();
  }

  #openSocket(resume: Resume): WebSocket {
    const socket = this.#parts.openSocket(resume);
    socket.binaryType = "arraybuffer";
    return socket;
  }

  /** This WebSocket is the session's from now on. */
  #carry(socket: WebSocket): void {
    this.#socket = socket;
    this.#carriedMs = this.#parts.now();
    socket.addEventListener("message", ({ data }) => socket === this.#socket && this.#takeFrame(data));
    socket.addEventListener("close", ({ code, reason }) => socket === this.#socket && this.#takeClose(code, reason));
  }

  /** The page speaks first, so that its system acknowledges at once what the gateway says first. */
  #takeOpen(socket: WebSocket): void {
    if (socket !== this.#socket) return;
    this.#hasOpened = true;
    socket.send(writeMessage({ type: "begin" }));
    this.#parts.onOpen();
    this.channel.open(socket);
  }

  #takeFrame(data: ArrayBuffer | string): void {
    this.#hear();
    const { sends } = this.channel;
    if (typeof data === "string") this.#takeText(data);
    else this.channel.takeBytes(data);
    if (this.#isFirst && !this.#resumable) this.channel.forget();
    this.#isFirst = false;
    if (this.#resumable && this.#socket) {
      this.#acknowledger.take(typeof data === "string" ? data.length : data.byteLength, sends);
    }
  }

  /** What comes over a WebSocket that was doubted shows that it is alive. */
  #hear(): void {
    this.#watch.hear();
    if (this.#comeback && !this.#isAlive) this.#showBack();
    this.#isAlive = true;
  }

  #takeText(text: string): void {
    const { message, isUncounted } = parseDown(text);
    if (!isUncounted) this.channel.countText(text);
    if (message === undefined) return;
    if (message.type === "goodbye") return this.#end(explainGoodbye(message));
    if (message.type === "resumable") return this.#takeResumable(message);
    if (message.type === "ack") return this.channel.acknowledge(message.received);
    if (message.type !== "ping") return this.#parts.takeMessage(message);
    this.channel.sendMessage({ type: "pong", id: message.id });
    this.#watch.expectPings();
  }

  /** The answer tells the gateway that the token has come: until then, the one before is good. */
  #takeResumable(message: Down<"resumable">): void {
    this.#resumable = message;
    this.#acknowledger.send();
    this.#watch.start();
  }

  #takeClose(code: number, reason: string): void {
    if (!this.#hasOpened) return this.#parts.onUnopened();
    this.#socket = null;
    this.#takeLoss(explainClose(code, reason));
  }

  /** The link is lost, or seems to be: if it only seems, it stays until there is another. */
  #takeLoss(ending: Ending): void {
    if (!this.#canResume) return this.#end(ending);
    if (this.#socket === null) this.channel.pause();
    if (!this.#comeback) this.#comeBack();
  }

  #comeBack(): void {
    const { diagnose, now, startTimer } = this.#parts;
    this.#watch.stop();
    this.#isAlive = false;
    if (now() - this.#carriedMs >= LASTING_MS) this.#comebacks = 0;
    this.#cancelAway = startTimer(() => this.#parts.showAway(this.#isAway = true), UNSEEN_MS);
    this.#comeback = new Comeback(this.#resumable!.hold_ms, this.#comebacks, {
      openSocket: () => this.#openSocket("held"),
      diagnose,
      onOpen: (socket) => this.#present(socket),
      onAnswer: (socket, data) => this.#takeAnswer(socket, data),
      onFailure: (ending = GONE) => this.#stay(ending),
      now,
      startTimer,
    });
  }

  /** The comeback failed: a WebSocket that turned out to be alive stays, else the session ends. */
  #stay(ending: Ending): void {
    if (this.#socket === null || !this.#isAlive) return this.#end(ending);
    this.#comeback?.stop();
    this.#comeback = undefined;
    this.#watch.start();
  }

  /** From here on nothing may come over the old WebSocket, since the gateway sends again what lies behind the position. */
  #present(socket: WebSocket): void {
    this.#release();
    const { token } = this.#resumable!;
    socket.send(writeMessage({ type: "resume", token, received: this.channel.received }));
  }

  #takeAnswer(socket: WebSocket, data: unknown): void {
    this.#comeback = undefined;
    const { message } = typeof data === "string" ? parseDown(data) : {};
    if (message?.type === "resumable" && this.channel.resume(socket, message.received)) {
      this.#comebacks++;
      this.#showBack();
      this.#carry(socket);
      this.#watch.hear();
      return this.#takeResumable(message);
    }
    socket.close(LEFT_CODE);
    const isReason = message?.type === "goodbye" && message.code !== "resume_refused";
    this.#end(isReason ? explainGoodbye(message) : GONE);
  }

  /** Without a code, the gateway goes on keeping the session. */
  #release(code?: number): void {
    const socket = this.#socket;
    this.#socket = null;
    this.channel.pause();
    socket?.close(code);
  }

  #showBack(): void {
    this.#cancelAway();
    if (this.#isAway) this.#parts.showAway(this.#isAway = false);
  }

  #end(ending: Ending): void {
    this.leave();
    this.#parts.onEnd(ending);
  }
}
