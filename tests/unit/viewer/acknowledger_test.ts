import { assertEquals } from "@std/assert";
import { Acknowledger } from "../../../src/viewer/acknowledger.ts";
import { ManualTimers } from "../../fakes/manual_timers.ts";

function createRig(isQuick = false) {
  const timers = new ManualTimers();
  const acks: number[] = [];
  const deferred: (() => void)[] = [];
  let received = 0;
  let sends = 0;
  const acknowledger = new Acknowledger({
    getReceived: () => received,
    getSends: () => sends,
    acknowledge: (position) => (acks.push(position), sends++),
    isQuick,
    now: timers.now,
    startTimer: timers.set,
    defer: (run) => void deferred.push(run),
  });
  return {
    ...{ acknowledger, acks, timers },
    /** A frame of this length comes, and the page sends so many in the same turn. */
    take: (bytes: number, answers = 0) => {
      const before = sends;
      received += bytes;
      sends += answers;
      acknowledger.take(bytes, before);
    },
    endTurn: () => deferred.splice(0).forEach((run) => run()),
    countSends: () => sends,
  };
}

Deno.test("Acknowledger acknowledges 64 KiB at once, and what is less after 250 ms", () => {
  const { acks, take, timers } = createRig();
  take(65_535);
  assertEquals(acks, []);
  take(1);
  assertEquals([acks, timers.waiting], [[65_536], 0]);
  take(10);
  timers.pass(100);
  take(10);
  timers.pass(149);
  assertEquals(acks.length, 1);
  timers.pass(1);
  assertEquals([acks, timers.waiting], [[65_536, 65_556], 0]);
});

Deno.test("Acknowledger acknowledges 16 KiB on a link that is slow", () => {
  const { acks, take, timers } = createRig();
  for (let frame = 1; frame <= 16; frame++) {
    timers.pass(10);
    take(8 * 1024);
  }
  // Of 0.8 MB/s, so that 16 KiB take 20 ms, and 50 ms have to pass
  assertEquals(acks, [5, 10, 15].map((frames) => frames * 8 * 1024));
});

Deno.test("Acknowledger answers a frame that does not fill a segment, unless the page sends something in that turn", () => {
  const { acks, take, endTurn } = createRig(true);
  take(100);
  assertEquals(acks, []);
  endTurn();
  assertEquals(acks, [100]);
  take(100, 1);
  endTurn();
  assertEquals(acks, [100]);
  take(1_460);
  endTurn();
  assertEquals(acks, [100]);
  take(0); // A message that does not count holds up the next one as well
  endTurn();
  assertEquals(acks, [100, 1_660]);
});

Deno.test("Acknowledger gives frames that came together one answer, and none if the last was answered", () => {
  const { acks, take, endTurn } = createRig(true);
  for (let frame = 0; frame < 10; frame++) take(20);
  endTurn();
  assertEquals(acks, [200]);
  take(20);
  take(20, 1);
  endTurn();
  assertEquals(acks, [200]);
  take(20, 1);
  take(20);
  endTurn();
  assertEquals(acks, [200, 280]);
});

Deno.test("Acknowledger answers nothing at once where the gateway does not wait for it", () => {
  const { acks, take, endTurn, timers } = createRig();
  take(100);
  endTurn();
  assertEquals(acks, []);
  timers.pass(250);
  assertEquals(acks, [100]);
});
