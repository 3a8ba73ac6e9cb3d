/** A viewer page without a browser: the page's own connection on Deno's WebSockets, and a small viewer in noVNC's place. */
import { Connection, type Phase } from "../../src/viewer/connection.ts";
import type { RfbChannel } from "../../src/viewer/rfb_channel.ts";
import type { ShownMessage } from "../../src/viewer/session.ts";

/** What the viewer sends in the handshake (RFC 6143 section 7), after each number of bytes that it has read. */
const ANSWERS: readonly (readonly [after: number, send: Uint8Array<ArrayBuffer>])[] = [
  [12, new TextEncoder().encode("RFB 003.008\n")],
  [12 + 2, Uint8Array.of(1)],
  [12 + 2 + 4, Uint8Array.of(1)],
];
const SERVER_INIT_AT = 12 + 2 + 4;
const SERVER_INIT_BYTES = 24;

interface DenoPageOptions {
  /** The page's time goes this much faster. */
  readonly haste: number;
  /** What its user answers when asked. */
  readonly credentials?: { readonly username?: string; readonly password?: string };
  /** Further options of its WebSockets, such as headers. */
  readonly socketOptions?: Readonly<Record<string, unknown>>;
  /** Takes what follows the handshake. */
  readonly take: (bytes: Uint8Array) => void;
}

/** The page; disposing of it leaves. */
export class DenoPage implements AsyncDisposable {
  readonly connection: Connection;
  readonly phases: Phase[] = [];
  readonly messages: ShownMessage[] = [];
  /** Number of WebSockets that it opened. */
  sockets = 0;
  /** Timers that have not run and are not cancelled. */
  readonly timers = new Set<ReturnType<typeof setTimeout>>();
  readonly #options: DenoPageOptions;
  readonly #closed: Promise<unknown>[] = [];
  #url = "";
  #channel: RfbChannel | undefined;

  constructor(options: DenoPageOptions) {
    this.#options = options;
    const { haste } = options;
    this.connection = new Connection({
      openSocket: (subprotocol, resume) => this.#openSocket(subprotocol, resume),
      attach: (channel) => this.#attach(channel),
      showPhase: (phase) => void this.phases.push(phase),
      showAway: () => {},
      takeMessage: (message) => this.#takeMessage(message),
      diagnose: () => Promise.resolve("admitted"),
      now: () => performance.now() * haste,
      startTimer: (run, afterMs) => this.#startTimer(run, afterMs / haste),
      defer: (run) => void this.#startTimer(run, 0),
    });
  }

  /** Connects to a source's WebSocket; the URL is without a query. */
  open(url: string): void {
    this.#url = url;
    this.connection.connect();
  }

  /** The kinds of phases that it came through. */
  get phaseKinds(): string[] {
    return this.phases.map(({ kind }) => kind);
  }

  send(bytes: Uint8Array<ArrayBuffer>): void {
    this.#channel!.send(bytes);
  }

  /** Resolves when every WebSocket of this page has closed; one on a dead link may never. */
  get closed(): Promise<unknown> {
    return Promise.all(this.#closed);
  }

  /** Leaves, and waits until every WebSocket has closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.connection.leave();
    await this.closed;
  }

  #openSocket(subprotocol: string, resume: string): WebSocket {
    this.sockets++;
    const options = { protocols: [subprotocol], ...this.#options.socketOptions };
    const socket = new WebSocket(`${this.#url}?resume=${resume}`, options as unknown as string[]);
    socket.addEventListener("error", (event) => event.preventDefault());
    this.#closed.push(new Promise((done) => socket.addEventListener("close", done)));
    return socket;
  }

  #takeMessage(message: ShownMessage): void {
    this.messages.push(message);
    if (message.type === "ask") this.connection.send({ type: "credentials", ...this.#options.credentials });
  }

  #startTimer(run: () => void, afterMs: number): () => void {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      run();
    }, afterMs);
    this.timers.add(timer);
    return () => {
      clearTimeout(timer);
      this.timers.delete(timer);
    };
  }

  /** Enters the desktop, as noVNC does with security type None. */
  #attach(channel: RfbChannel): void {
    this.#channel = channel;
    let [read, step, isIn] = [new Uint8Array(0), 0, false];
    channel.onmessage = ({ data }) => {
      if (isIn) return this.#options.take(new Uint8Array(data));
      read = Uint8Array.of(...read, ...new Uint8Array(data));
      for (; ANSWERS[step] && read.length >= ANSWERS[step]![0]; step++) channel.send(ANSWERS[step]![1]);
      const end = findEnd(read);
      if (read.length < end) return;
      isIn = true;
      this.connection.confirmOpen();
      if (read.length > end) this.#options.take(read.subarray(end));
    };
  }
}

/** Where ServerInit with its name ends (RFC 6143 section 7.3.2); Infinity while its length is not there. */
function findEnd(read: Uint8Array): number {
  const end = SERVER_INIT_AT + SERVER_INIT_BYTES;
  if (read.length < end) return Infinity;
  return end + new DataView(read.buffer, read.byteOffset).getUint32(end - 4);
}
