/** The end of a viewer that may come back: it gets the rest and the reason, whenever it does. */
import { assertEquals } from "@std/assert";
import { setImmediate } from "node:timers";
import { abandonViewer, endViewer } from "../../../src/bridge/viewer_ending.ts";
import { PortholeError } from "../../../src/errors.ts";
import { FakeTimeouts } from "../../fakes/fake_timeouts.ts";
import type { FakeGatewaySocket } from "../../fakes/gateway_socket.ts";
import { makeResumableRig, readMessages, writeAck } from "../../fakes/resumable_rig.ts";

const REASON = new PortholeError("session_ended_by_admin", "Ada ended this session");

function begin(rig: Awaited<ReturnType<typeof makeResumableRig>>, end = endViewer) {
  const state = { isOver: false };
  end(rig.viewer, REASON).then(() => state.isOver = true);
  return state;
}

async function pass(timers: FakeTimeouts, ms: number): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((done) => setImmediate(done));
  timers.pass(ms);
  for (let turn = 0; turn < 5; turn++) await new Promise((done) => setImmediate(done));
}

/** Codes of the goodbyes that arrived. */
function readGoodbyes(socket: FakeGatewaySocket): string[] {
  return readMessages(socket).flatMap((message) => message.type === "goodbye" ? [message.code] : []);
}

/** Where the page is when it has everything that its WebSocket brought. */
function measure(socket: FakeGatewaySocket): number {
  return socket.frames.slice(1).reduce((sum, { length }) => sum + length, 0);
}

Deno.test("a page that is there gets its goodbye behind everything else at once, and closes", async () => {
  using timers = new FakeTimeouts();
  const rig = await makeResumableRig();
  rig.viewer.send(new Uint8Array(100));
  const ending = begin(rig);
  await pass(timers, 0);
  assertEquals([readGoodbyes(rig.socket), ending.isOver], [["session_ended_by_admin"], false]);
  rig.socket.end(1000);
  await pass(timers, 0);
  assertEquals([ending.isOver, rig.share.bytes, timers.count], [true, 0, 0]);
});

Deno.test("a session ends at once while its viewer is held, which gets the rest and the reason when it is back", async () => {
  using timers = new FakeTimeouts();
  const rig = await makeResumableRig();
  rig.viewer.send(new Uint8Array(100));
  rig.socket.end(1006);
  rig.viewer.send(new Uint8Array(50));
  const ending = begin(rig);
  await pass(timers, 0);
  assertEquals([ending.isOver, rig.viewer.isGone], [true, false]);
  await pass(timers, 20_000);
  const next = rig.resume(100);
  assertEquals([next.bytes().length, readGoodbyes(next)], [50, ["session_ended_by_admin"]]);
  next.receive(writeAck(100 + measure(next)));
  next.end(1000);
  await pass(timers, 0);
  assertEquals([rig.viewer.isGone, rig.share.bytes, timers.count], [true, 0, 0]);
});

Deno.test("a viewer that does not come back for the rest lets go of it when its time is over", async () => {
  using timers = new FakeTimeouts();
  const rig = await makeResumableRig({ holdMs: 5_000 });
  rig.viewer.send(new Uint8Array(100));
  begin(rig);
  await pass(timers, 0);
  rig.socket.end(1006);
  await pass(timers, 4_999);
  assertEquals(rig.viewer.isHeld, true);
  await pass(timers, 1);
  assertEquals([rig.viewer.isGone, rig.share.bytes, timers.count], [true, 0, 0]);
});

Deno.test("a viewer that is held for long is not closed before its time is over", async () => {
  using timers = new FakeTimeouts();
  const rig = await makeResumableRig({ holdMs: 600_000 });
  rig.socket.end(1006);
  begin(rig);
  for (let minute = 1; minute < 10; minute++) await pass(timers, 60_000);
  const next = rig.resume(0);
  assertEquals(readGoodbyes(next), ["session_ended_by_admin"]);
  next.end(1000);
  await pass(timers, 0);
  assertEquals(timers.count, 0);
});

Deno.test("a page that has everything and does not close gets a close frame, and is dropped", async () => {
  using timers = new FakeTimeouts();
  const rig = await makeResumableRig();
  const ending = begin(rig);
  await pass(timers, 0);
  rig.socket.receive(writeAck(measure(rig.socket)));
  rig.clock.ms += 60_000;
  await pass(timers, 29_999);
  assertEquals([ending.isOver, rig.socket.closedWith], [false, undefined]);
  await pass(timers, 1);
  assertEquals([ending.isOver, rig.socket.closedWith], [true, 4403]);
  rig.socket.end(1006);
  await pass(timers, 0);
  assertEquals([rig.viewer.isGone, timers.count], [true, 0]);
});

Deno.test("a page that has everything and is lost in the same turn keeps nobody busy", async () => {
  using timers = new FakeTimeouts();
  const rig = await makeResumableRig();
  begin(rig);
  await pass(timers, 0);
  rig.socket.receive(writeAck(measure(rig.socket)));
  rig.socket.end(1006);
  await pass(timers, 0);
  assertEquals(rig.viewer.isHeld, true);
  await pass(timers, 30_000);
  assertEquals([rig.viewer.isGone, rig.share.bytes], [true, 0]);
  await pass(timers, 5_000);
  assertEquals(timers.count, 0);
});

Deno.test("a viewer that has stalled gets its goodbye, and a close frame once all bytes have left", async () => {
  using timers = new FakeTimeouts();
  const rig = await makeResumableRig();
  rig.socket.isFast = false;
  rig.viewer.send(new Uint8Array(100));
  const ending = begin(rig, abandonViewer);
  await pass(timers, 60_000);
  assertEquals([readGoodbyes(rig.socket), rig.socket.closedWith], [["session_ended_by_admin"], undefined]);
  rig.socket.bufferedAmount = 0;
  await pass(timers, 1_000);
  assertEquals(rig.socket.closedWith, 4403);
  rig.socket.end(1006);
  await pass(timers, 0);
  assertEquals([ending.isOver, rig.viewer.isGone, rig.share.bytes, timers.count], [true, true, 0, 0]);
});
