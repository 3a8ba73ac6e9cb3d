/** A viewer whose page acknowledges: it outlives its WebSockets, and nothing on its way is lost with one. */
import { startTimer } from "../async/timer.ts";
import { closeCodeOf, PortholeError } from "../errors.ts";
import { type DownMessage, isCounted, parseUp, type UpMessage, writeMessage } from "../side_channel/messages.ts";
import type { Frame } from "../side_channel/sent_frames.ts";
import type { ByteQueue } from "./byte_queue.ts";
import { DownFrames } from "./down_frames.ts";
import type { Link, LinkClose } from "./link.ts";
import { ReturnLimit } from "./return_limit.ts";
import type { Unacknowledged } from "./unacknowledged.ts";
import type { Viewer } from "./viewer.ts";
import { ViewerInput } from "./viewer_input.ts";

/**
 * What the page sent is acknowledged after so much of it, or so long: a page that hears nothing for some seconds after a
 * key takes its link for dead.
 */
const ACK_BYTES = 16 * 1024;
const ACK_MS = 1_000;
/** The close codes with which a page leaves for good: the user disconnected, or closed it (RFC 6455 section 7.4.1). */
const LEAVING: ReadonlySet<number> = new Set([1000, 1001]);

interface ResumableViewerOptions {
  /** Maximum number of bytes that wait for a source that does not read. */
  readonly upQueueBytes: number;
  /** A viewer that acknowledges nothing for this long, while it may be sent nothing more, is disconnected. */
  readonly stallMs: number;
  /** How long it is held without a link. */
  readonly holdMs: number;
  /** What all viewers share. */
  readonly share: Unacknowledged;
  /** Makes the token for the next return. */
  readonly makeToken: () => string;
  /** The page has that token, and needs the one before no longer. */
  readonly confirmToken: () => void;
  readonly now?: () => number;
}

/**
 * One viewer on one link after the other. It counts what passes as `SentFrames` says, keeps what the page has not
 * acknowledged, and sends it again on the next link.
 */
export class ResumableViewer implements Viewer {
  readonly hasSideChannel = true;
  readonly isLasting = true;
  readonly canReturn: boolean;
  readonly closed: Promise<LinkClose>;
  readonly opened: Promise<void>;
  onSide: (message: UpMessage) => void = () => {};
  /** Called when the link is lost, and the viewer may come back. */
  onHeld: () => void = () => {};
  /** Called when the viewer has come back, after so many milliseconds without a link. */
  onResumed: (gapMs: number) => void = () => {};
  readonly #options: Required<ResumableViewerOptions>;
  readonly #input: ViewerInput;
  readonly #down: DownFrames;
  readonly #returns: ReturnLimit;
  readonly #leave = Promise.withResolvers<LinkClose>();
  #link: Link | undefined;
  #lost = Promise.withResolvers<void>();
  #lostAtMs = 0;
  #stopHold = () => {};
  /** A token is on its way to the page, and the page has it. */
  #hasBegun = false;
  #hasToken = false;
  #isClosing = false;
  #isGone = false;
  #isOverdue = false;
  /** Position up to which there is what the page sent, and the one of it that the page knows. */
  #received = 0;
  #acknowledged = 0;
  #stopAcknowledging: (() => void) | undefined;

  constructor(link: Link, { now = () => performance.now(), ...options }: ResumableViewerOptions) {
    this.#options = { ...options, now };
    this.canReturn = options.holdMs > 0;
    this.#input = new ViewerInput(this.#options);
    this.#down = new DownFrames(this.#options);
    this.#returns = new ReturnLimit(now());
    this.closed = this.#leave.promise;
    this.#attach(link);
    this.opened = link.opened.then(() => this.#begin(link));
  }

  get up(): ByteQueue {
    return this.#input.up;
  }

  get failed(): Promise<never> {
    return this.#input.failed;
  }

  /** Whether frames can still be sent, now or when the viewer comes back. */
  get isOpen(): boolean {
    return this.#hasBegun && !this.#isClosing && !this.#isGone;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  get isHeld(): boolean {
    return this.#link === undefined && !this.#isGone;
  }

  get lost(): Promise<void> {
    return this.#lost.promise;
  }

  get idleMs(): number {
    return this.#input.idleMs;
  }

  get silentMs(): number {
    return this.#link?.silentMs ?? this.#options.now() - this.#lostAtMs;
  }

  get unsentBytes(): number {
    return this.#link?.backlog.bytes ?? 0;
  }

  get roomBytes(): number {
    return this.#down.roomBytes;
  }

  get lingerMs(): number {
    return this.#link?.backlog.lingerMs ?? 0;
  }

  send(bytes: Uint8Array<ArrayBuffer>): void {
    this.#send(bytes.slice());
  }

  give(bytes: Uint8Array<ArrayBuffer>): void {
    this.#send(bytes);
  }

  sendSide(message: DownMessage): void {
    if (isCounted(message)) this.#send(writeMessage(message));
    else if (this.#hasBegun) this.#link?.send(writeMessage(message));
    if (message.type === "ping") this.#acknowledge();
  }

  /** See `DownFrames.explainStall()`. A viewer that is held does not stall. */
  explainStall(): PortholeError | undefined {
    return this.#link && this.#down.explainStall();
  }

  /** See `DownFrames.drain()`. It goes on while the viewer is held, and never throws: `explainStall()` says when. */
  drain(downToBytes?: number): Promise<void> {
    return this.#down.drain(downToBytes);
  }

  describeLeaving(): string {
    if (!this.#isOverdue) return "The viewer left";
    return `The viewer lost its connection, and did not come back within ${this.#options.holdMs / 1000} s`;
  }

  close(reason: PortholeError): void {
    this.#isClosing = true;
    if (this.#link) this.#link.close(reason);
    else this.#end({ code: closeCodeOf(reason.code), reason: reason.message, isClean: false });
  }

  drop(): void {
    this.#link?.drop();
  }

  /**
   * The page has come back on this link, with everything up to `received`. The link before, if there still is one, ends.
   *
   * @throws PortholeError, without a change: viewer_malformed if the page cannot have what it says, limit_reached if it
   * comes back too often.
   */
  resume(link: Link, received: number): void {
    if (!this.#returns.take(this.#options.now())) {
      throw new PortholeError("limit_reached", "The viewer comes back too often");
    }
    if (this.#isGone || !this.#down.acknowledge(received)) {
      throw new PortholeError("viewer_malformed", "The page cannot have received what it says");
    }
    const gapMs = this.#link ? 0 : this.#options.now() - this.#lostAtMs;
    this.#stopHold();
    this.#replace(this.#link);
    this.#attach(link);
    this.#greet(link);
    this.#down.beginLink();
    for (const frame of this.#down.list()) link.send(frame);
    this.onResumed(gapMs);
  }

  /** Ends a link that the page has given up; what still comes over it is ignored. */
  #replace(old: Link | undefined): void {
    if (!old) return;
    old.receiver = undefined;
    old.close(new PortholeError("taken_over", "The viewer came back on another connection"));
    old.drop();
    this.#returns.noteReplaced(old);
  }

  #attach(link: Link): void {
    this.#link = link;
    if (this.#hasBegun) this.#lost = Promise.withResolvers();
    link.receiver = {
      onBytes: (bytes) => this.#receiveBytes(bytes),
      onText: (text) => this.#receiveText(text),
      onClosed: (close) => this.#lose(close),
    };
  }

  #begin(link: Link): void {
    if (!link.isOpen) return;
    this.#hasBegun = true;
    this.#greet(link);
  }

  #greet(link: Link): void {
    const { makeToken, holdMs } = this.#options;
    this.#hasToken = false;
    this.#acknowledged = this.#received;
    link.send(writeMessage({ type: "resumable", token: makeToken(), hold_ms: holdMs, received: this.#received }));
  }

  #send(frame: Frame): void {
    if (!this.isOpen || frame.length === 0) return;
    this.#down.push(frame);
    this.#link?.send(frame);
  }

  #lose(close: LinkClose): void {
    this.#link!.receiver = undefined;
    this.#link = undefined;
    this.#restAcknowledging();
    this.#lostAtMs = this.#options.now();
    const hasLeft = close.isClean && LEAVING.has(close.code);
    if (hasLeft || this.#isClosing || !this.#hasBegun || !this.canReturn) return this.#end(close);
    this.#stopHold = startTimer(() => {
      this.#isOverdue = true;
      this.#end(close);
    }, this.#options.holdMs);
    this.#lost.resolve();
    this.onHeld();
  }

  #end(close: LinkClose): void {
    this.#isGone = true;
    this.#stopHold();
    this.#restAcknowledging();
    this.#down.end();
    this.up.end();
    this.#lost.resolve();
    this.#leave.resolve(close);
  }

  /** The page says something: that is, after the token has come, and at once. */
  #noteToken(): void {
    if (this.#hasToken) return;
    this.#hasToken = true;
    this.#options.confirmToken();
  }

  #receiveBytes(bytes: Uint8Array): void {
    this.#noteToken();
    this.#input.take(bytes);
    this.#count(bytes.length);
  }

  #receiveText(text: string): void {
    const { message, problem, isUncounted } = parseUp(text);
    if (problem !== undefined) return this.#input.refuse("viewer_malformed", problem);
    if (message?.type === "begin") return;
    this.#noteToken();
    if (message?.type === "ack") return this.#takeAcknowledgement(message.received);
    if (message !== undefined) this.onSide(message);
    if (!isUncounted) this.#count(text.length);
  }

  #takeAcknowledgement(position: number): void {
    if (this.#down.acknowledge(position)) return;
    this.#input.refuse("viewer_malformed", "The page acknowledged what it cannot have received");
  }

  #count(length: number): void {
    this.#received += length;
    if (this.#received - this.#acknowledged >= ACK_BYTES) this.#acknowledge();
    else this.#stopAcknowledging ??= startTimer(() => this.#acknowledge(), ACK_MS);
  }

  #restAcknowledging(): void {
    this.#stopAcknowledging?.();
    this.#stopAcknowledging = undefined;
  }

  #acknowledge(): void {
    this.#restAcknowledging();
    if (this.#received === this.#acknowledged || !this.#link) return;
    this.#acknowledged = this.#received;
    this.#link.send(writeMessage({ type: "ack", received: this.#received }));
  }
}
