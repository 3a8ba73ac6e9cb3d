import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import type { Tap } from "../../../src/bridge/tap.ts";
import type { Stage } from "../../../src/rfb/stage.ts";
import { settle, startPump } from "../../fakes/pump_rig.ts";

const none: Stage = { push: () => new Uint8Array() };
const broken: Stage = {
  push: () => {
    throw new Error("The stage broke");
  },
};

function append(byte: number): Stage {
  return { push: (chunk) => Uint8Array.of(...chunk, byte) };
}

/** Passes whole records of `size` bytes, and holds back the start of the next. */
function holdRecords(size: number): Stage {
  let held: number[] = [];
  return {
    push(chunk) {
      held.push(...chunk);
      const whole = held.length - held.length % size;
      const passing = Uint8Array.from(held.slice(0, whole));
      held = held.slice(whole);
      return passing;
    },
  };
}

/** Drops every nth byte of the stream. */
function dropEvery(count: number): Stage {
  let at = 0;
  return { push: (chunk) => chunk.filter(() => ++at % count !== 0) };
}

async function readTap(tap: Tap): Promise<(readonly [string, number[], number])[]> {
  const chunks: (readonly [string, number[], number])[] = [];
  for await (const { direction, bytes, atMs } of tap) chunks.push([direction, [...bytes], atMs]);
  return chunks;
}

Deno.test("stages run in the order of their list, separately for each direction", async () => {
  const stages = { up: [append(1), append(2)], down: [append(3), append(4)] };
  const { source, socket, count, ended } = startPump({ stages });
  socket.receive(Uint8Array.of(9));
  await source.give(Uint8Array.of(8));
  await settle();
  await source.finish();
  await ended;
  assertEquals(source.written, [Uint8Array.of(9, 1, 2)]);
  assertEquals(socket.frames, [Uint8Array.of(8, 3, 4)]);
  assertEquals(count, { upBytes: 3, downBytes: 1 });
});

Deno.test("downFirst goes through the stages", async () => {
  const { source, socket, ended } = startPump({
    downFirst: Uint8Array.of(1),
    stages: { up: [], down: [append(2)] },
  });
  await source.finish();
  await ended;
  assertEquals(socket.frames, [Uint8Array.of(1, 2)]);
});

Deno.test("bytes that a stage drops are neither written nor sent, and counted only at their origin", async () => {
  const { source, socket, taps, count, ended } = startPump({ stages: { up: [none], down: [none] } });
  const read = readTap(taps.add());
  socket.receive(Uint8Array.of(1, 2));
  await source.give(Uint8Array.of(3, 4, 5));
  await settle();
  await source.finish();
  await ended;
  taps.end();
  assertEquals([source.written, socket.frames, await read], [[], [], []]);
  assertEquals(count, { upBytes: 0, downBytes: 3 });
});

Deno.test("what a stage holds back when the source ends is dropped", async () => {
  const { source, socket, ended } = startPump({ stages: { up: [], down: [holdRecords(4)] } });
  await source.give(Uint8Array.of(1, 2, 3));
  await source.give(Uint8Array.of(4, 5, 6));
  await source.finish();
  assertEquals(await ended, "source_closed");
  assertEquals(socket.bytes(), Uint8Array.of(1, 2, 3, 4));
});

Deno.test("what a stage holds back when the viewer leaves is dropped", async () => {
  const { source, socket, ended } = startPump({ stages: { up: [holdRecords(4)], down: [] } });
  socket.receive(Uint8Array.of(1, 2, 3, 4, 5));
  socket.end();
  assertEquals(await ended, "viewer_left");
  assertEquals(source.written, [Uint8Array.of(1, 2, 3, 4)]);
});

Deno.test("pump() throws a stage's error, and passes nothing of that chunk", async () => {
  const up = startPump({ stages: { up: [broken], down: [] } });
  up.socket.receive(Uint8Array.of(1));
  await assertRejects(() => up.ended, Error, "The stage broke");
  assertEquals(up.source.written, []);
  const down = startPump({ stages: { up: [], down: [broken] } });
  await down.source.give(Uint8Array.of(1));
  await assertRejects(() => down.ended, Error, "The stage broke");
  assertEquals(down.socket.frames, []);
  const first = startPump({ stages: { up: [], down: [broken] }, downFirst: Uint8Array.of(1) });
  await assertRejects(() => first.ended, Error, "The stage broke");
});

Deno.test("a tap gets what comes out of the stages, with its time", async () => {
  const { source, socket, taps, clock, ended } = startPump({ stages: { up: [append(1)], down: [append(2)] } });
  const read = readTap(taps.add());
  clock.ms = 10;
  socket.receive(Uint8Array.of(7));
  await settle();
  clock.ms = 20;
  await source.give(Uint8Array.of(8));
  await source.finish();
  await ended;
  taps.end();
  assertEquals(await read, [["up", [7, 1], 10], ["down", [8, 2], 20]]);
});

Deno.test("a tap sees a request before its response", async () => {
  const { source, socket, taps, ended } = startPump();
  const read = readTap(taps.add());
  source.onWrite = () => source.give(Uint8Array.of(2));
  socket.receive(Uint8Array.of(1));
  await settle();
  await source.finish();
  await ended;
  taps.end();
  assertEquals((await read).map(([direction]) => direction), ["up", "down"]);
});

Deno.test("a tap's bytes do not change when the read buffer is reused", async () => {
  const { source, taps, ended } = startPump({ downFirst: Uint8Array.of(1) });
  const tap = taps.add();
  for (const byte of [2, 3, 4]) await source.give(Uint8Array.of(byte, byte));
  await source.finish();
  await ended;
  taps.end();
  assertEquals((await readTap(tap)).map(([, bytes]) => bytes), [[2, 2], [3, 3], [4, 4]]);
});

Deno.test("without a tap nothing is copied and the clock is not read", async () => {
  const { source, socket, taps, clock, ended } = startPump();
  const tap = taps.add();
  tap.close();
  socket.receive(Uint8Array.of(1));
  await source.give(Uint8Array.of(2));
  await settle();
  await source.finish();
  await ended;
  assertEquals(clock.reads, 0);
});

Deno.test("a tap that falls behind ends, and the session continues", async () => {
  const { source, socket, taps, ended } = startPump();
  const slow = taps.add({ capBytes: 1000 });
  for (let at = 0; at < 10; at++) await source.give(new Uint8Array(100));
  await source.waitForRead();
  assertEquals(taps.size, 0);
  await source.finish();
  assertEquals(await ended, "source_closed");
  assertEquals(socket.bytes().length, 1000);
  await assertRejects(() => readTap(slow), Error, "The tap fell behind");
});

/** A stage, and its expected output for a whole stream. */
const stageKinds = fc.oneof(
  fc.constant({
    make: (): Stage => ({ push: (chunk) => chunk }),
    whole: (bytes: number[]) => bytes,
  }),
  fc.nat(255).map((key) => ({
    make: (): Stage => ({ push: (chunk) => chunk.map((byte) => byte ^ key) }),
    whole: (bytes: number[]) => bytes.map((byte) => byte ^ key),
  })),
  fc.integer({ min: 1, max: 9 }).map((size) => ({
    make: () => holdRecords(size),
    whole: (bytes: number[]) => bytes.slice(0, bytes.length - bytes.length % size),
  })),
  fc.integer({ min: 1, max: 5 }).map((count) => ({
    make: () => dropEvery(count),
    whole: (bytes: number[]) => bytes.filter((_, at) => (at + 1) % count !== 0),
  })),
  fc.constant({
    make: (): Stage => ({ push: (chunk) => Uint8Array.from([...chunk].flatMap((byte) => [byte, byte])) }),
    whole: (bytes: number[]) => bytes.flatMap((byte) => [byte, byte]),
  }),
);
const stageLists = fc.array(stageKinds, { maxLength: 4 });
const chunkLists = fc.array(fc.uint8Array({ minLength: 1, maxLength: 20 }), { maxLength: 12 });

Deno.test("any chunks through any stages give the same output in both directions as the whole stream", async () => {
  await fc.assert(
    fc.asyncProperty(stageLists, stageLists, chunkLists, chunkLists, async (up, down, upChunks, downChunks) => {
      const stages = { up: up.map(({ make }) => make()), down: down.map(({ make }) => make()) };
      const { source, socket, taps, ended } = startPump({ stages });
      const read = readTap(taps.add());
      for (const chunk of upChunks) {
        socket.receive(chunk);
        await Promise.resolve();
      }
      for (const chunk of downChunks) await source.give(chunk);
      await source.waitForRead();
      socket.end();
      assertEquals(await ended, "viewer_left");
      taps.end();
      const expected = {
        up: up.reduce((bytes, { whole }) => whole(bytes), upChunks.flatMap((chunk) => [...chunk])),
        down: down.reduce((bytes, { whole }) => whole(bytes), downChunks.flatMap((chunk) => [...chunk])),
      };
      const tapped = Map.groupBy(await read, ([direction]) => direction);
      const copied = (direction: string) => tapped.get(direction)?.flatMap(([, bytes]) => bytes) ?? [];
      assertEquals(source.written.flatMap((chunk) => [...chunk]), expected.up);
      assertEquals([...socket.bytes()], expected.down);
      assertEquals({ up: copied("up"), down: copied("down") }, expected);
    }),
    { numRuns: 300 },
  );
});
