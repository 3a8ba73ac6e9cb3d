import { assert, assertEquals, assertRejects } from "@std/assert";
import { pump } from "../../../src/bridge/pump.ts";
import { Taps } from "../../../src/bridge/taps.ts";
import { Turns } from "../../../src/bridge/turns.ts";
import { endViewer } from "../../../src/bridge/viewer_ending.ts";
import { ViewerSocket } from "../../../src/bridge/viewer_socket.ts";
import { PortholeError } from "../../../src/errors.ts";
import { ManualSource } from "../../fakes/manual_source.ts";
import { settle, startPump } from "../../fakes/pump_rig.ts";
import { openViewer } from "../../fakes/web_viewer.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const FLUSH_MS = 5_000;

/** Bytes in which a lost, duplicated or moved one shows. */
function makePattern(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8) * 7 + (at >> 16)) & 255);
}

/** A pump whose viewer is a real WebSocket over loopback. */
async function startRealPump() {
  const source = new ManualSource();
  const count = { upBytes: 0, downBytes: 0 };
  const started = Promise.withResolvers<{ viewer: ViewerSocket; ended: Promise<string> }>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    const viewer = new ViewerSocket(socket, { sideChannel: false, upQueueBytes: 4 * MIB, stallMs: 90_000 });
    const ended = viewer.opened.then(() => pump({ source, viewer, taps: new Taps(), count, turns: new Turns() }));
    started.resolve({ viewer, ended });
    return response;
  });
  const page = openViewer(`ws://127.0.0.1:${(server.addr as Deno.NetAddr).port}/`);
  const { viewer, ended } = await started.promise;
  return {
    source,
    count,
    page,
    viewer,
    ended,
    async [Symbol.asyncDispose]() {
      await page[Symbol.asyncDispose]();
      await server.shutdown();
    },
  };
}

/** Timers that the test fires itself. */
function holdTimers() {
  const original = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
  const timers = new Map<number, { run: () => void; ms: number }>();
  let last = 0;
  const hold = (run: () => void, ms: number) => {
    timers.set(++last, { run, ms });
    return last;
  };
  globalThis.setTimeout = hold as unknown as typeof setTimeout;
  globalThis.clearTimeout = ((timer: number) => void timers.delete(timer)) as typeof clearTimeout;
  return {
    timers,
    [Symbol.dispose]: () => void Object.assign(globalThis, original),
  };
}

/** A write that the source does not accept until `let go` is called. */
function holdWrites(source: ManualSource): { begun: Promise<void>; letGo: () => void } {
  const begun = Promise.withResolvers<void>();
  const taken = Promise.withResolvers<void>();
  source.onWrite = () => {
    begun.resolve();
    return taken.promise;
  };
  return { begun: begun.promise, letGo: taken.resolve };
}

Deno.test("pump() delivers all that the source sent before it closed", async () => {
  await using rig = await startRealPump();
  const pattern = makePattern(3 * MIB);
  await rig.source.give(pattern);
  await rig.source.finish();
  assertEquals(await rig.ended, "source_closed");
  assertEquals(rig.count, { upBytes: 0, downBytes: pattern.length });
  await endViewer(rig.viewer, new PortholeError("source_closed", "The VNC server closed the connection"));
  await rig.page.closed;
  assertEquals(rig.page.bytes(), pattern);
});

Deno.test("pump() delivers all that the viewer sent before it left", async () => {
  await using rig = await startRealPump();
  const pattern = makePattern(MIB);
  await rig.page.opened;
  for (let at = 0; at < pattern.length; at += 7_001) rig.page.send(pattern.subarray(at, at + 7_001));
  rig.page.socket.close();
  assertEquals(await rig.ended, "viewer_left");
  assertEquals(rig.count, { upBytes: pattern.length, downBytes: 0 });
  assertEquals(new Uint8Array(rig.source.written.flatMap((chunk) => [...chunk])), pattern);
});

Deno.test("pump() treats a reset as the end, after all that came before it", async () => {
  const { source, socket, ended } = startPump();
  const pattern = makePattern(10_000);
  await source.give(pattern);
  await source.reset();
  assertEquals(await ended, "source_lost");
  assertEquals(socket.bytes(), pattern);
});

Deno.test("pump() keeps reading a source that accepts no more bytes, until it closes", async () => {
  const { source, socket, viewer, count, ended } = startPump();
  source.onWrite = () => {
    throw new Error("Broken pipe");
  };
  socket.receive(Uint8Array.of(1, 2, 3));
  await settle();
  assertEquals([viewer.up.ended, count.upBytes], [true, 0]);
  await source.give(Uint8Array.of(4, 5));
  await source.finish();
  assertEquals(await ended, "source_closed");
  assertEquals(socket.bytes(), Uint8Array.of(4, 5));
});

Deno.test("pump() ends with the viewer if the source neither accepts nor sends more", async () => {
  const { source, socket, ended } = startPump();
  source.onWrite = () => {
    throw new Error("Broken pipe");
  };
  socket.receive(Uint8Array.of(1));
  await settle();
  socket.end();
  assertEquals(await ended, "viewer_left");
});

Deno.test("pump() waits only until the source has what the viewer sent before it left", async () => {
  using held = holdTimers();
  const { source, socket, ended } = startPump();
  const { begun, letGo } = holdWrites(source);
  socket.receive(Uint8Array.of(1, 2));
  await begun;
  socket.receive(Uint8Array.of(3));
  socket.end();
  assertEquals(await Promise.race([ended, source.waitForRead().then(() => "still running")]), "still running");
  letGo();
  assertEquals(await ended, "viewer_left");
  assertEquals(source.written, [Uint8Array.of(1, 2), Uint8Array.of(3)]);
  assertEquals(held.timers.size, 0);
});

Deno.test("pump() gives a source that accepts nothing exactly 5 s after the viewer left", async () => {
  using held = holdTimers();
  const { source, socket, ended } = startPump();
  const { begun, letGo } = holdWrites(source);
  socket.receive(Uint8Array.of(1));
  await begun;
  assertEquals(held.timers.size, 0);
  socket.end();
  await Promise.resolve();
  await Promise.resolve();
  const [timer] = held.timers.values();
  assertEquals([held.timers.size, timer?.ms], [1, FLUSH_MS]);
  timer!.run();
  assertEquals(await ended, "viewer_left");
  letGo();
});

Deno.test("pump() stops reading the source while the viewer is slow", async () => {
  const { source, socket, ended } = startPump();
  await source.waitForRead();
  socket.bufferedAmount = 3 * MIB;
  await source.give(Uint8Array.of(1));
  await settle();
  assertEquals(source.isRead, true);
  socket.bufferedAmount = 4 * MIB;
  await source.give(Uint8Array.of(2));
  await settle();
  assertEquals([source.isRead, socket.bytes()], [false, Uint8Array.of(1, 2)]);
  socket.bufferedAmount = 0;
  await source.waitForRead();
  await source.finish();
  assertEquals(await ended, "source_closed");
});

Deno.test("pump() fails if the viewer reads nothing for the stall limit", async () => {
  const { source, socket, ended } = startPump({ stallMs: 0 });
  socket.isFast = false;
  socket.bufferedAmount = 5 * MIB;
  await source.give(Uint8Array.of(1));
  const failure = await assertRejects(() => ended, PortholeError);
  assertEquals(failure.code, "viewer_stalled");
});

Deno.test("pump() fails if the viewer sends more than the queue may hold", async () => {
  const { source, socket, ended } = startPump({ upQueueBytes: 10 });
  const { begun, letGo } = holdWrites(source);
  socket.receive(new Uint8Array(10));
  await begun;
  socket.receive(new Uint8Array(10));
  socket.receive(new Uint8Array(1));
  const failure = await assertRejects(() => ended, PortholeError);
  assertEquals(failure.code, "viewer_too_fast");
  letGo();
});

Deno.test("a read that fills its buffer makes the next four times as large, up to 256 KiB", async () => {
  const { source, socket, ended } = startPump();
  await source.giveShare(1, 6);
  await source.finish();
  await ended;
  const sizes = [1, 4, 16, 64, 256, 256].map((kib) => kib * KIB);
  assertEquals(source.readSizes, [...sizes, 256 * KIB]);
  assertEquals(socket.frames.map(({ length }) => length), sizes);
});

Deno.test("a read that does not fill its buffer keeps the next the same size", async () => {
  const { source } = startPump();
  await source.giveShare(1);
  await source.give(new Uint8Array(4 * KIB - 1));
  await source.waitForRead();
  assertEquals(source.readSizes, [KIB, 4 * KIB, 4 * KIB]);
});

Deno.test("65 reads in a row that fill a quarter make the buffer four times smaller, down to 1 KiB", async () => {
  const { source } = startPump();
  await source.giveShare(1, 2);
  await source.giveShare(1 / 4, 64);
  await source.waitForRead();
  assertEquals(source.readSizes.at(-1), 16 * KIB);
  await source.giveShare(1 / 4);
  await source.waitForRead();
  assertEquals(source.readSizes.at(-1), 4 * KIB);
  await source.giveShare(1 / 4, 64);
  await source.waitForRead();
  assertEquals(source.readSizes.at(-1), 4 * KIB);
  await source.giveShare(1 / 4);
  await source.giveShare(1 / 4, 200);
  await source.waitForRead();
  assertEquals(source.readSizes.at(-1), KIB);
});

Deno.test("one larger read keeps the buffer as it is", async () => {
  const { source } = startPump();
  await source.giveShare(1);
  for (let round = 0; round < 3; round++) {
    await source.giveShare(1 / 4, 64);
    await source.give(new Uint8Array(KIB + 1));
  }
  await source.waitForRead();
  assert(source.readSizes.slice(1).every((size) => size === 4 * KIB));
});

Deno.test("downFirst is sent before everything else and is not counted", async () => {
  const { source, socket, count, ended } = startPump({ downFirst: Uint8Array.of(1, 2, 3) });
  await source.give(Uint8Array.of(4, 5));
  await source.finish();
  await ended;
  assertEquals(socket.frames, [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5)]);
  assertEquals(count, { upBytes: 0, downBytes: 2 });
});
