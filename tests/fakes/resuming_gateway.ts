/** The gateway's end of one session that can be resumed, without a network: what is on its way can be lost. */
import { isCounted, parseUp, type UpMessage, writeMessage } from "../../src/side_channel/messages.ts";
import { type Frame, SentFrames } from "../../src/side_channel/sent_frames.ts";
import type { FakeBrowserSocket } from "./browser_socket.ts";

/** One WebSocket from the gateway's side. */
interface Link {
  readonly socket: FakeBrowserSocket;
  /** Frames on their way to the page. */
  readonly down: Frame[];
  /** How many of the page's frames have arrived. */
  arrived: number;
}

/** A gateway with one session. */
export class ResumingGateway {
  readonly holdMs: number;
  /** What has come from the page, in order. */
  readonly got: Frame[] = [];
  /** What the page has said of its links. */
  readonly acks: number[] = [];
  resumes = 0;
  isGone = false;
  #link: Link | undefined;
  /** The link before, if it did not break. */
  #late: Link | undefined;
  readonly #sent = new SentFrames();
  #received = 0;
  /** The tokens that are good: the newest, and the one before until the page shows that it has the newest. */
  #tokens: string[] = [];
  #made = 0;

  constructor(holdMs = 30_000) {
    this.holdMs = holdMs;
  }

  /** Whether frames are on their way to the page, or from it. */
  get isBusy(): boolean {
    const link = this.#link;
    return link !== undefined && (link.down.length > 0 || link.arrived < link.socket.sent.length);
  }

  get pending(): number {
    return this.#sent.pending;
  }

  /** The page's WebSocket opens; what the page says first is still on its way. */
  accept(socket: FakeBrowserSocket): void {
    socket.open();
    this.#late = this.#link;
    this.#link = { socket, down: [], arrived: 0 };
  }

  /** Sends a frame, or keeps it if there is no link. */
  send(frame: Frame): void {
    this.#sent.push(frame);
    if (this.#link && this.#isReady(this.#link)) this.#link.down.push(frame);
  }

  /** Says how much has come. */
  acknowledge(): void {
    if (this.#link && this.#isReady(this.#link)) {
      this.#link.down.push(writeMessage({ type: "ack", received: this.#received }));
    }
  }

  /** The next frame of the page arrives; false if none is on its way. */
  takeUp(): boolean {
    const link = this.#link;
    if (link === undefined || link.arrived >= link.socket.sent.length) return false;
    const frame = link.socket.sent[link.arrived++] as Frame;
    if (typeof frame !== "string") this.#count(frame);
    else this.#takeText(link, frame, parseUp(frame).message!);
    return true;
  }

  /** The next frame to the page arrives; false if none is on its way. */
  takeDown(): boolean {
    const frame = this.#link?.down.shift();
    if (frame === undefined) return false;
    deliver(this.#link!, frame);
    return true;
  }

  /** A frame arrives over the link that the page has replaced. */
  takeLate(): void {
    const frame = this.#late?.down.shift();
    if (frame !== undefined) deliver(this.#late!, frame);
  }

  /** Everything arrives that is on its way. */
  settle(): void {
    while (this.takeUp() || this.takeDown());
  }

  /** The link breaks, and what is on its way is lost; the page notices unless it is asleep. */
  cut({ isNoticed = true } = {}): void {
    const link = this.#link;
    this.#link = undefined;
    if (isNoticed) link?.socket.end(1006);
  }

  #takeText(link: Link, frame: string, message: UpMessage): void {
    if (isCounted(message)) return this.#count(frame);
    if (message.type === "begin") return this.#welcome(link);
    if (message.type === "resume") return this.#resume(link, message);
    this.#tokens = this.#tokens.slice(-1);
    if (message.type !== "ack") return;
    this.acks.push(message.received);
    if (!this.#sent.acknowledge(message.received)) throw new Error(`the page cannot have ${message.received}`);
  }

  #resume(link: Link, { token, received }: { readonly token: string; readonly received: number }): void {
    if (this.isGone || !this.#tokens.includes(token)) {
      const goodbye = { type: "goodbye", code: "resume_refused", close: 4410, message: "Too late", retry: true };
      return void link.down.push(JSON.stringify(goodbye));
    }
    if (!this.#sent.acknowledge(received)) throw new Error(`the page cannot have ${received}`);
    this.resumes++;
    this.#tokens = [token];
    this.#welcome(link);
    link.down.push(...this.#sent.list());
  }

  #welcome(link: Link): void {
    this.#tokens.push(`token ${++this.#made}`);
    const token = this.#tokens.at(-1)!;
    link.down.push(writeMessage({ type: "resumable", token, hold_ms: this.holdMs, received: this.#received }));
  }

  /** Whether the page has said whose the link is. */
  #isReady(link: Link): boolean {
    return link.arrived > 0;
  }

  #count(frame: Frame): void {
    this.#received += frame.length;
    this.got.push(frame);
  }
}

function deliver({ socket }: Link, frame: Frame): void {
  socket.receive(typeof frame === "string" ? frame : frame.slice().buffer);
}
