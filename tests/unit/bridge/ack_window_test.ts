import { assert, assertEquals } from "@std/assert";
import { AckWindow } from "../../../src/bridge/ack_window.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const FRAME_BYTES = 16 * KIB;
/** What the page does: it acknowledges so many bytes at once, or what it has after this time. */
const ACK_BYTES = 64 * KIB;
const ACK_MS = 250;

interface LinkKind {
  readonly megabits: number;
  readonly roundTripMs: number;
}

/** A link with one queue, a source that never stops, and a page: all in steps of a tenth of a millisecond. */
class SimulatedLink {
  readonly window = new AckWindow(0, 0);
  /** What arrived, and when it was sent. */
  readonly arrivals: { ms: number; sentMs: number; bytes: number }[] = [];
  acknowledged = 0;
  nowMs = 0;
  #sent = 0;
  #received = 0;
  #ackedAtMs = 0;
  #freeAtMs = 0;
  readonly #down: { position: number; sentMs: number; dueMs: number }[] = [];
  readonly #up: { position: number; dueMs: number }[] = [];

  constructor(public kind: LinkKind) {}

  get bytesPerMs(): number {
    return this.kind.megabits * 125;
  }

  run(ms: number): void {
    for (const untilMs = this.nowMs + ms; this.nowMs < untilMs; this.nowMs += 0.1) {
      this.#receive();
      while (this.#up[0] && this.#up[0].dueMs <= this.nowMs) {
        this.acknowledged = this.#up.shift()!.position;
        this.window.noteAcknowledged(this.acknowledged, this.nowMs);
      }
      while (this.#sent - this.acknowledged < this.window.bytes) this.#send();
      this.window.noteFull();
    }
  }

  /** The oldest that anything was when it arrived, from then on. */
  oldestMs(fromMs: number): number {
    return Math.max(...this.arrivals.filter(({ ms }) => ms >= fromMs).map(({ ms, sentMs }) => ms - sentMs));
  }

  /** Bytes in each millisecond. */
  rate(fromMs: number): number {
    const bytes = this.arrivals.filter(({ ms }) => ms >= fromMs).reduce((sum, { bytes }) => sum + bytes, 0);
    return bytes / (this.nowMs - fromMs);
  }

  #send(): void {
    const wasIdle = this.#sent === this.acknowledged;
    this.#freeAtMs = Math.max(this.#freeAtMs, this.nowMs) + FRAME_BYTES / this.bytesPerMs;
    this.#sent += FRAME_BYTES;
    this.window.noteSent(this.#sent, { bytes: FRAME_BYTES, wasIdle }, this.nowMs);
    this.#down.push({
      position: this.#sent,
      sentMs: this.nowMs,
      dueMs: this.#freeAtMs + this.kind.roundTripMs / 2,
    });
  }

  #receive(): void {
    while (this.#down[0] && this.#down[0].dueMs <= this.nowMs) {
      const { position, sentMs } = this.#down.shift()!;
      this.#received = position;
      this.arrivals.push({ ms: this.nowMs, sentMs, bytes: FRAME_BYTES });
      if (position - this.#lastAcked >= ACK_BYTES) this.#acknowledge();
    }
    if (this.nowMs - this.#ackedAtMs >= ACK_MS) this.#acknowledge();
  }

  #lastAcked = 0;

  #acknowledge(): void {
    this.#ackedAtMs = this.nowMs;
    this.#lastAcked = this.#received;
    this.#up.push({ position: this.#received, dueMs: this.nowMs + this.kind.roundTripMs / 2 });
  }
}

for (const megabits of [2, 20]) {
  for (const roundTripMs of [1, 30, 120]) {
    Deno.test(`AckWindow: at ${megabits} Mbit/s and ${roundTripMs} ms, nothing is old, and the link is full`, () => {
      const link = new SimulatedLink({ megabits, roundTripMs });
      link.run(10_000);
      assert(link.oldestMs(0) < 800, `${link.oldestMs(0)} ms old`);
      assert(link.rate(2_000) > 0.97 * link.bytesPerMs, `${link.rate(2_000)} of ${link.bytesPerMs} bytes each ms`);
    });
  }
}

for (const roundTripMs of [1, 30]) {
  Deno.test(`AckWindow: at 1 Gbit/s and ${roundTripMs} ms, the window is never the limit after a moment`, () => {
    const link = new SimulatedLink({ megabits: 1000, roundTripMs });
    link.run(1_000);
    assertEquals(link.window.bytes, 4 * MIB);
    assert(link.rate(300) > 0.97 * link.bytesPerMs, `${link.rate(300)} of ${link.bytesPerMs} bytes each ms`);
  });
}

Deno.test("AckWindow: on a long and fast link, the window reaches its maximum within a second", () => {
  const link = new SimulatedLink({ megabits: 1000, roundTripMs: 120 });
  link.run(1_000);
  assertEquals(link.window.bytes, 4 * MIB);
});

Deno.test("AckWindow: a link that becomes slow is noticed", () => {
  const link = new SimulatedLink({ megabits: 100, roundTripMs: 5 });
  link.run(2_000);
  assertEquals(link.window.bytes, 4 * MIB);
  link.kind = { megabits: 2, roundTripMs: 5 };
  link.run(30_000);
  assert(link.oldestMs(25_000) < 800, `${link.oldestMs(25_000)} ms old`);
});

Deno.test("AckWindow: short bursts on a fast link raise the window too", () => {
  const window = new AckWindow(0, 0);
  for (let burst = 0; burst < 3; burst++) {
    const [from, ms] = [burst * 128 * KIB, burst * 1000];
    window.noteSent(from + 128 * KIB, { bytes: 128 * KIB, wasIdle: true }, ms);
    window.noteAcknowledged(from + 128 * KIB, ms + 2);
  }
  assertEquals(window.bytes, 4 * MIB);
});

Deno.test("AckWindow: a source that sends little does not shrink it, and a page that stood still does for a moment only", () => {
  const window = new AckWindow(0, 0);
  let [position, ms] = [0, 0];
  const exchange = (bytes: number, takesMs: number, isFull: boolean) => {
    window.noteSent(position += bytes, { bytes, wasIdle: true }, ms);
    if (isFull) window.noteFull();
    window.noteAcknowledged(position, ms += takesMs);
  };
  exchange(MIB, 200, true);
  const before = window.bytes;
  for (let turn = 0; turn < 100; turn++) exchange(100, 500, false);
  assertEquals(window.bytes, before);
  exchange(MIB, 60_000, true);
  assertEquals(window.bytes, before);
});
