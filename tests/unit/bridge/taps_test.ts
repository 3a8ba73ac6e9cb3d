import { assert, assertEquals, assertRejects, fail } from "@std/assert";
import { type Tap, TapFailure } from "../../../src/bridge/tap.ts";
import { Taps } from "../../../src/bridge/taps.ts";
import { LoginWatch } from "../../../src/rfb/login_watch.ts";

/** The count for a chunk without bytes. */
const OVERHEAD_BYTES = 256;

function makeTaps() {
  const clock = { ms: 0 };
  return { clock, taps: new Taps(() => clock.ms) };
}

async function readAll(tap: Tap): Promise<number[]> {
  const bytes: number[] = [];
  for await (const chunk of tap) bytes.push(...chunk.bytes);
  return bytes;
}

Deno.test("a tap gets what passes from now on, with direction and time, until the session ends", async () => {
  const { taps, clock } = makeTaps();
  taps.copy("down", Uint8Array.of(1));
  const tap = taps.add();
  clock.ms = 5;
  taps.copy("down", Uint8Array.of(2, 3));
  clock.ms = 7;
  taps.copy("up", Uint8Array.of(4));
  taps.end();
  taps.copy("down", Uint8Array.of(5));
  const chunks = await Array.fromAsync(tap);
  assertEquals(chunks, [
    { direction: "down", bytes: Uint8Array.of(2, 3), atMs: 5 },
    { direction: "up", bytes: Uint8Array.of(4), atMs: 7 },
  ]);
});

Deno.test("the default clock is monotonic", async () => {
  const taps = new Taps();
  const tap = taps.add();
  const beforeMs = performance.now();
  for (let at = 0; at < 3; at++) taps.copy("up", Uint8Array.of(at));
  taps.end();
  const times = (await Array.fromAsync(tap)).map(({ atMs }) => atMs);
  const all = [beforeMs, ...times, performance.now()];
  assertEquals(all, all.toSorted((one, other) => one - other));
});

Deno.test("a waiting reader gets the next chunk, and the end", async () => {
  const { taps } = makeTaps();
  const read = readAll(taps.add());
  await Promise.resolve();
  taps.copy("down", Uint8Array.of(1));
  await Promise.resolve();
  taps.copy("down", Uint8Array.of(2));
  await new Promise((done) => setTimeout(done));
  taps.end();
  assertEquals(await read, [1, 2]);
});

Deno.test("each tap has its own copy, and none is the caller's array", async () => {
  const { taps } = makeTaps();
  const [one, other] = [taps.add(), taps.add()];
  const passing = Uint8Array.of(1, 2);
  taps.copy("down", passing);
  passing.fill(9);
  taps.end();
  for await (const { bytes } of one) bytes.fill(0);
  assertEquals(await readAll(other), [1, 2]);
});

Deno.test("copy() copies exactly the bytes of a view", async () => {
  const { taps } = makeTaps();
  const tap = taps.add();
  taps.copy("down", Uint8Array.of(1, 2, 3, 4).subarray(1, 3));
  taps.end();
  const [chunk] = await Array.fromAsync(tap);
  assertEquals([chunk!.bytes.buffer.byteLength, [...chunk!.bytes]], [2, [2, 3]]);
});

Deno.test("copy() without bytes adds no chunk", async () => {
  const { taps } = makeTaps();
  const tap = taps.add();
  taps.copy("down", new Uint8Array());
  taps.end();
  assertEquals(await Array.fromAsync(tap), []);
});

Deno.test("a tap accepts exactly its cap; one byte more ends it and drops the queued bytes", async () => {
  const { taps } = makeTaps();
  const capBytes = 2 * OVERHEAD_BYTES + 10;
  const [full, over] = [taps.add({ capBytes }), taps.add({ capBytes: capBytes - 1 })];
  taps.copy("down", new Uint8Array(4));
  taps.copy("up", new Uint8Array(6));
  assertEquals([taps.size, full.waitingBytes, over.waitingBytes], [1, capBytes, 0]);
  const failure = await assertRejects(() => readAll(over), TapFailure);
  assertEquals(failure.reason, "fell_behind");
  taps.end();
  assertEquals((await readAll(full)).length, 10);
});

Deno.test("a tap that fell behind stays ended: later bytes and the session's end change nothing", async () => {
  const { taps } = makeTaps();
  const tap = taps.add({ capBytes: OVERHEAD_BYTES });
  taps.copy("down", Uint8Array.of(1));
  taps.copy("down", Uint8Array.of(2));
  taps.end();
  assertEquals(tap.waitingBytes, 0);
  await assertRejects(() => readAll(tap), TapFailure);
});

Deno.test("a reader that keeps up can read any amount", async () => {
  const { taps } = makeTaps();
  const tap = taps.add({ capBytes: OVERHEAD_BYTES + 100 });
  const read = readAll(tap);
  for (let at = 0; at < 50; at++) {
    taps.copy("down", new Uint8Array(100));
    await new Promise((done) => setTimeout(done));
  }
  taps.end();
  assertEquals((await read).length, 5_000);
});

Deno.test("many small chunks fill the queue as a few large ones do", () => {
  const { taps } = makeTaps();
  const tap = taps.add();
  let chunks = 0;
  while (taps.size > 0) {
    taps.copy("up", Uint8Array.of(1));
    chunks++;
  }
  assert(chunks > 10_000 && chunks < 20_000, `${chunks} chunks`);
  tap.close();
});

Deno.test("a reader that leaves its loop, or throws in it, closes only its own tap", async () => {
  const { taps } = makeTaps();
  const [one, other, third] = [taps.add(), taps.add(), taps.add()];
  taps.copy("down", Uint8Array.of(1));
  for await (const _ of one) break;
  assertEquals(taps.size, 2);
  await assertRejects(
    async () => {
      for await (const _ of other) throw new Error("The disk is full");
    },
    Error,
    "The disk is full",
  );
  assertEquals(taps.size, 1);
  taps.copy("down", Uint8Array.of(2));
  taps.end();
  assertEquals(await readAll(third), [1, 2]);
});

Deno.test("close() ends a waiting loop and drops the queued bytes; it may be called again", async () => {
  const { taps } = makeTaps();
  const waiting = taps.add();
  const read = readAll(waiting);
  await Promise.resolve();
  waiting.close();
  assertEquals(await read, []);
  const full = taps.add();
  taps.copy("down", Uint8Array.of(1));
  full.close();
  full.close();
  taps.copy("down", Uint8Array.of(2));
  assertEquals([taps.size, full.waitingBytes, await readAll(full)], [0, 0, []]);
});

Deno.test("a tap added after the session's end has already ended", async () => {
  const { taps } = makeTaps();
  taps.end();
  const tap = taps.add();
  taps.copy("down", Uint8Array.of(1));
  assertEquals([taps.size, await readAll(tap)], [0, []]);
});

const encode = (text: string) => new TextEncoder().encode(text);
const SERVER_INIT_BYTES = 24;

Deno.test("beginAfter() withholds a login, and copies what follows it in the same chunks", async () => {
  const { taps, clock } = makeTaps();
  let overs = 0;
  taps.beginAfter(new LoginWatch({ version: "3.8" }), () => overs++);
  const tap = taps.add();
  taps.copy("down", Uint8Array.of(1, 1));
  taps.copy("up", Uint8Array.of(1, 1, 77));
  taps.copy("down", new Uint8Array(4 + SERVER_INIT_BYTES - 1));
  assertEquals([tap.waitingBytes, overs], [0, 0]);
  clock.ms = 3;
  taps.copy("down", Uint8Array.of(0, 88));
  taps.copy("up", Uint8Array.of(99));
  assertEquals(overs, 1);
  taps.end();
  const seen = (await Array.fromAsync(tap)).map(({ direction, bytes, atMs }) => [direction, [...bytes], atMs]);
  assertEquals(seen, [["up", [77], 3], ["down", [88], 3], ["up", [99], 3]]);
});

Deno.test("beginAfter() ends taps with a named error if it cannot follow the login, also those added later", async () => {
  const { taps } = makeTaps();
  taps.beginAfter(new LoginWatch(), () => fail("The login did not succeed"));
  const early = taps.add();
  taps.copy("down", encode("RFB 003.008\n"));
  taps.copy("up", encode("GET / HTTP/1"));
  const late = taps.add();
  taps.copy("up", Uint8Array.of(1));
  for (const tap of [early, late]) {
    const failure = await assertRejects(() => readAll(tap), TapFailure);
    assertEquals(failure.reason, "login_not_followed");
  }
  assertEquals(taps.size, 0);
});
