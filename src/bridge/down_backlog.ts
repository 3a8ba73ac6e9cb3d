/** Back-pressure down: the bytes that were sent to a viewer and that its WebSocket still holds. */
import { delay } from "@std/async/delay";
import { nextTurn } from "../async/next_turn.ts";
import { PortholeError } from "../errors.ts";
import { LinkSpeed } from "./link_speed.ts";
import { QueueLimit } from "./queue_limit.ts";

/** With less room than this part of the limit there is none, or the last bytes of it would leave one by one. */
const LEAST_ROOM = 1 / 16;
/** Turns of the event loop before polling switches to timers. */
const EAGER_TURNS = 48;
const POLL_MAX_MS = 50;
/** Looks after a quarter of what it has waited already: a queue is not empty by then. */
const POLL_SHARE = 1 / 4;
/** `drain()` and `explainStall()` look far more often. A longer gap means that the gateway itself stood still. */
const GAP_MS = 10_000;
const DRAIN_GAP_MS = 500;

interface DownBacklogOptions {
  /** A viewer that reads nothing for this long has stalled. */
  stallMs: number;
  /** Milliseconds that never go back. */
  now: () => number;
}

/** Measures how a viewer reads. WebSockets report only how many bytes are unsent, so everything here polls that. */
export class DownBacklog {
  readonly #socket: Pick<WebSocket, "bufferedAmount" | "readyState">;
  readonly #options: DownBacklogOptions;
  readonly #speed: LinkSpeed;
  readonly #limit: QueueLimit;
  #sentBytes = 0;
  #takenBytes = 0;
  #takenAt: number;
  #lookedAt: number;

  constructor(socket: Pick<WebSocket, "bufferedAmount" | "readyState">, options: DownBacklogOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#speed = new LinkSpeed(options.now);
    this.#takenAt = options.now();
    this.#lookedAt = this.#takenAt;
    this.#limit = new QueueLimit(this.#takenAt);
  }

  /** Unsent bytes. */
  get bytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** How many bytes the source may send before it must wait; 0 when it must wait now. */
  get roomBytes(): number {
    const { bytes: mostBytes } = this.#limit;
    const roomBytes = mostBytes - this.#socket.bufferedAmount;
    return roomBytes < mostBytes * LEAST_ROOM ? 0 : roomBytes;
  }

  /** Milliseconds after which the last byte has most likely left the machine, once nothing is unsent. */
  get lingerMs(): number {
    return this.#speed.lingerMs();
  }

  /** Call after each frame that was sent. */
  noteSent(bytes: number): void {
    this.#sentBytes += bytes;
    this.#speed.sent(bytes);
  }

  /**
   * Explains a stall: bytes are unsent, and the viewer read none for the stall limit. Undefined if there is no stall.
   *
   * It compares with its previous call, so call it every few seconds. `drain()` notices a viewer that holds up the
   * source; this one, a viewer that stopped reading when the source had little to send. Time in which the gateway itself
   * stood still, as on a machine that slept, is left out.
   */
  explainStall(): PortholeError | undefined {
    const { now, stallMs } = this.#options;
    const takenBytes = this.#sentBytes - this.#socket.bufferedAmount;
    const atMs = now();
    const hasSlept = atMs - this.#lookedAt > GAP_MS;
    this.#lookedAt = atMs;
    if (this.#socket.bufferedAmount > 0 && takenBytes === this.#takenBytes && !hasSlept) {
      return atMs - this.#takenAt > stallMs ? this.#describeStall() : undefined;
    }
    this.#takenBytes = takenBytes;
    this.#takenAt = atMs;
  }

  /**
   * Waits until at most `downToBytes` are unsent, or the socket is no longer open.
   *
   * There is no drain event, so this polls: a few turns of the event loop, then timers that grow to 50 ms.
   *
   * @throws PortholeError viewer_stalled when the amount has not shrunk for the stall limit.
   */
  async drain(downToBytes = this.#limit.bytes / 2): Promise<void> {
    const { now, stallMs } = this.#options;
    const startedAt = now();
    const startBytes = this.#socket.bufferedAmount;
    let lowest = startBytes;
    let shrankAt = startedAt;
    let lookedAt = startedAt;
    for (let turn = 0; this.#socket.bufferedAmount > downToBytes && this.#isOpen; turn++) {
      const pauseMs = Math.min(POLL_MAX_MS, Math.max(1, (lookedAt - startedAt) * POLL_SHARE));
      await (turn < EAGER_TURNS ? nextTurn() : delay(pauseMs));
      const buffered = this.#socket.bufferedAmount;
      const atMs = now();
      if (buffered < lowest || atMs - lookedAt > DRAIN_GAP_MS) {
        lowest = buffered;
        shrankAt = atMs;
      } else if (atMs - shrankAt > stallMs) {
        throw this.#describeStall();
      }
      lookedAt = atMs;
    }
    const [leftBytes, endedAt] = [this.#socket.bufferedAmount, now()];
    this.#speed.drained(startBytes - leftBytes, endedAt - startedAt);
    this.#limit.noteWait(endedAt - startedAt, this.#sentBytes - leftBytes, endedAt);
  }

  get #isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  #describeStall(): PortholeError {
    return new PortholeError("viewer_stalled", `The viewer read nothing for ${this.#options.stallMs / 1000} s`);
  }
}
