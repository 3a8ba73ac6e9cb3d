import { assertEquals, assertRejects } from "@std/assert";
import { DownBacklog } from "../../../src/bridge/down_backlog.ts";
import { PortholeError } from "../../../src/errors.ts";
import { waitUntil } from "../../fakes/wait_until.ts";

const STALL_MS = 90_000;
const KIB = 1024;
const MIB = 1024 * KIB;

function makeRig({ stallMs = STALL_MS } = {}) {
  const socket = { bufferedAmount: 0, readyState: WebSocket.OPEN as number };
  /** `stepMs` passes between one look at the clock and the next. */
  const clock = { ms: 0, stepMs: 0 };
  const backlog = new DownBacklog(socket, { stallMs, now: () => clock.ms += clock.stepMs });
  const send = (bytes: number) => {
    socket.bufferedAmount += bytes;
    backlog.noteSent(bytes);
  };
  /** Calls explainStall() every five seconds until `ms`; returns what the last call said. */
  const watchUntil = (ms: number) => {
    while (clock.ms + 5_000 < ms) {
      clock.ms += 5_000;
      assertEquals(backlog.explainStall(), undefined);
    }
    clock.ms = ms;
    return backlog.explainStall();
  };
  return { socket, clock, backlog, send, watchUntil };
}

Deno.test("explainStall() reports a viewer that reads nothing for the stall limit, however few bytes are unsent", () => {
  const { backlog, send, watchUntil } = makeRig();
  send(100);
  assertEquals(backlog.explainStall(), undefined);
  assertEquals(watchUntil(STALL_MS), undefined);
  send(100);
  assertEquals(watchUntil(STALL_MS + 1)?.message, "The viewer read nothing for 90 s");
});

Deno.test("explainStall() accepts one byte within the limit, and nothing to read", () => {
  const { backlog, socket, clock, send, watchUntil } = makeRig();
  send(100);
  for (let left = 99; left >= 0; left--) {
    assertEquals(watchUntil(clock.ms + STALL_MS), undefined);
    socket.bufferedAmount = left;
  }
  assertEquals(watchUntil(clock.ms + STALL_MS * 10), undefined);
  send(1);
  assertEquals(backlog.explainStall(), undefined);
});

Deno.test("explainStall() does not blame the viewer for a machine that slept", () => {
  const { backlog, clock, send, watchUntil } = makeRig();
  send(100);
  assertEquals(watchUntil(STALL_MS), undefined);
  clock.ms += STALL_MS;
  assertEquals(backlog.explainStall(), undefined);
  assertEquals(watchUntil(clock.ms + STALL_MS), undefined);
  assertEquals(watchUntil(clock.ms + 1)?.code, "viewer_stalled");
});

Deno.test("there is room up to a limit, and drain() waits for half of it", async () => {
  const { backlog, socket, send } = makeRig();
  const limit = backlog.roomBytes;
  assertEquals(limit, 64 * KIB);
  send(limit / 2);
  assertEquals(backlog.roomBytes, limit / 2);
  send(limit / 2 - 100);
  assertEquals(backlog.roomBytes, 0);
  let isDrained = false;
  const drained = backlog.drain().then(() => isDrained = true);
  socket.bufferedAmount = limit / 2 + 1;
  await new Promise((done) => setTimeout(done));
  assertEquals(isDrained, false);
  socket.bufferedAmount = limit / 2;
  await drained;
});

Deno.test("the limit grows with what the link has carried", async () => {
  const { backlog, socket, clock, send } = makeRig();
  send(64 * MIB);
  const drained = backlog.drain();
  clock.ms += 100;
  socket.bufferedAmount = 0;
  await drained;
  assertEquals(backlog.roomBytes, 4 * MIB);
});

Deno.test("drain() gives up on a viewer that reads nothing, and never on one that reads a little", async () => {
  const stallMs = 30_000;
  const { backlog, socket, clock, send } = makeRig({ stallMs });
  send(3);
  clock.stepMs = 450;
  let isOver = false;
  const drained = backlog.drain(0).finally(() => isOver = true);
  const failed = assertRejects(() => drained, PortholeError, "The viewer read nothing for 30 s");
  for (let left = 2; left > 0; left--) {
    await waitUntil(() => clock.ms > stallMs * 0.7, "most of the limit to pass");
    assertEquals(isOver, false);
    socket.bufferedAmount = left;
    clock.ms = 0;
  }
  assertEquals((await failed).code, "viewer_stalled");
});

Deno.test("drain() does not blame the viewer for a gateway that stood still", async () => {
  const { backlog, socket, clock, send } = makeRig();
  send(1);
  const drained = backlog.drain(0);
  clock.ms += STALL_MS * 2;
  await new Promise((done) => setTimeout(done));
  socket.bufferedAmount = 0;
  await drained;
});

Deno.test("drain() ends when the socket closes", async () => {
  const { backlog, socket, send } = makeRig();
  send(100);
  const drained = backlog.drain(0);
  socket.readyState = WebSocket.CLOSED;
  await drained;
  assertEquals(backlog.bytes, 100);
});
