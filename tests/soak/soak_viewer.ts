/** A viewer of the soak: speaks RFB over a TLS socket, and checks every byte that comes down. */
import { connect } from "node:tls";
import type { Socket } from "node:net";
import { waitAtMost } from "../../src/async/wait_at_most.ts";
import { RawViewer, requestUpgrade } from "../fakes/raw_viewer.ts";
import { waitUntil } from "../fakes/wait_until.ts";
import { encodeOrder, encodePointer, StreamCheck } from "./pattern.ts";

/** What the viewer sends in the handshake (RFC 6143 section 7), after each number of bytes that it has read. */
const ANSWERS: readonly (readonly [after: number, send: Uint8Array])[] = [
  [12, new TextEncoder().encode("RFB 003.008\n")],
  [12 + 2, Uint8Array.of(1)],
  [12 + 2 + 4, Uint8Array.of(1)],
];
const GONE_MS = 10_000;
const SERVER_INIT_AT = 12 + 2 + 4;
const SERVER_INIT_BYTES = 24;

/** How a viewer asks for its session. */
export interface Asking {
  readonly port: number;
  readonly source: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly protocol: "binary" | "porthole.v1";
}

/** One session, from the viewer's side. */
export class SoakViewer {
  readonly source: string;
  /** The session's id, once the gateway has said it: on `porthole.v1` alone. */
  id: string | undefined;
  /** Why the session may end although its viewer wants it: a word for the driver. */
  mayEnd: string | undefined;
  /** Whether the driver has ended it. */
  hasLeft = false;
  /** Whether it answers a close frame, as RFC 6455 section 5.5.1 demands, and a goodbye. */
  answersClose = true;
  readonly check = new StreamCheck();
  readonly raw: RawViewer;
  #handshake: Uint8Array = new Uint8Array(0);
  #step = 0;
  #isOpen = false;
  #pointers = 0;
  #asked = 0;
  #goodbye: { code: number; reason: string } | undefined;

  constructor({ port, source, headers, protocol }: Asking) {
    this.source = source;
    // Whose certificate it is does not matter to these bytes; the driver's requests verify it.
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false, ALPNProtocols: ["http/1.1"] });
    this.raw = new RawViewer(socket as unknown as Socket);
    this.raw.onBytes = (bytes) => this.#take(bytes);
    this.raw.onText = (text) => this.#takeMessage(JSON.parse(text));
    this.raw.onClose = () => this.answersClose && this.#answerClose();
    const all = { "Sec-WebSocket-Protocol": protocol, ...headers };
    this.raw.write(requestUpgrade(port, `/ws/vnc/${source}`, all));
  }

  /** Whether ServerInit has arrived, and the session has not ended. */
  get isOpen(): boolean {
    return this.#isOpen && !this.isOver;
  }

  /** Whether the connection, or the WebSocket on it, is closed. */
  get isOver(): boolean {
    return this.raw.isGone || this.raw.close !== undefined || (this.raw.status !== 0 && this.raw.status !== 101);
  }

  /** Waits for the answer, and for the desktop or the end. */
  async enter(): Promise<void> {
    await waitUntil(() => this.isOpen || this.isOver, `the desktop of ${this.source}`);
  }

  /** Asks for this many messages. */
  order(messages: number, closes = false): void {
    this.#asked += messages;
    this.raw.send(encodeOrder({ messages, closes, pointers: this.#pointers }));
  }

  /** Moves the pointer this often. */
  point(times: number): void {
    for (let turn = 0; turn < times; turn++) this.raw.send(encodePointer(++this.#pointers));
  }

  /** Waits until the connection is gone, and ends it when that takes too long: a half-closed socket may never tell. */
  async waitUntilGone(): Promise<void> {
    await waitAtMost(this.raw.gone, GONE_MS);
    this.raw.leave();
  }

  /** Messages that were asked for. */
  get asked(): number {
    return this.#asked;
  }

  /** Ends the connection in one of the ways in which viewers do. */
  leave(how: "close" | "cut" | "reset" | "half"): void {
    this.hasLeft = true;
    if (how === "close") this.raw.sendClose();
    else if (how === "cut") this.raw.leave();
    else if (how === "half") this.raw.halfClose();
    else this.raw.reset();
  }

  /** What the gateway said when it ended the session: in its goodbye, or in its close frame. */
  get close(): { readonly code: number; readonly reason: string } | undefined {
    return this.#goodbye ?? this.raw.close;
  }

  /** A word for how it ended. */
  get ending(): string {
    const { status, isGone } = this.raw;
    if (this.close) return `close ${this.close.code} ${this.close.reason}`;
    if (status !== 101 && status !== 0) return `HTTP ${status}`;
    return isGone ? `connection lost (status ${status}, no goodbye)` : "still there";
  }

  async #answerClose(): Promise<void> {
    await this.raw.sendClose(this.raw.close?.code === 1005 ? 1000 : this.raw.close?.code);
    this.raw.halfClose();
  }

  #takeMessage(message: { type: string; session?: string; close?: number; message?: string }): void {
    if (message.type === "hello") this.id = message.session;
    if (message.type !== "goodbye") return;
    this.#goodbye = { code: message.close ?? 0, reason: message.message ?? "" };
    // As the viewer page does; the gateway then echoes the page's own code.
    if (this.answersClose) this.raw.sendClose();
  }

  #take(bytes: Uint8Array): void {
    if (this.#isOpen) return this.check.take(bytes);
    this.#handshake = Uint8Array.of(...this.#handshake, ...bytes);
    const had = this.#handshake.length;
    for (; ANSWERS[this.#step] && had >= ANSWERS[this.#step]![0]; this.#step++) {
      this.raw.send(ANSWERS[this.#step]![1]);
    }
    if (had < SERVER_INIT_AT + SERVER_INIT_BYTES) return;
    const end = SERVER_INIT_AT + SERVER_INIT_BYTES +
      new DataView(this.#handshake.buffer).getUint32(SERVER_INIT_AT + 20);
    if (had < end) return;
    this.#isOpen = true;
    if (had > end) this.check.take(this.#handshake.subarray(end));
    this.#handshake = new Uint8Array(0);
  }
}
