/** One direction of an emulated link: what it does to each packet. Pure but for the clock and the dice it is given. */

/** A link as people describe it. */
export interface LinkSpec {
  readonly roundTripMs: number;
  /** Of both directions, each. */
  readonly megabits: number;
  /** Of all packets. */
  readonly lossPercent: number;
}

/** How much of its rate the queue in front of the link holds; what comes on top is dropped. */
const QUEUE_MS = 200;

/** When each packet arrives at the other end, in order. */
export class OneWay {
  readonly #bytesPerMs: number;
  readonly #delayMs: number;
  readonly #loss: number;
  readonly #random: () => number;
  /** When the last packet will have left the queue. */
  #freeAtMs = 0;

  constructor({ roundTripMs, megabits, lossPercent }: LinkSpec, random: () => number = Math.random) {
    this.#bytesPerMs = megabits * 1000 / 8;
    this.#delayMs = roundTripMs / 2;
    this.#loss = lossPercent / 100;
    this.#random = random;
  }

  /** When a packet of that length arrives that is sent now; undefined if it is lost. */
  send(bytes: number, nowMs: number): number | undefined {
    const startMs = Math.max(nowMs, this.#freeAtMs);
    if (this.#random() < this.#loss || startMs - nowMs > QUEUE_MS) return undefined;
    this.#freeAtMs = startMs + bytes / this.#bytesPerMs;
    return this.#freeAtMs + this.#delayMs;
  }
}
