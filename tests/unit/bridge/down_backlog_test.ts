import { assertEquals, assertRejects } from "@std/assert";
import { DownBacklog } from "../../../src/bridge/down_backlog.ts";
import { PortholeError } from "../../../src/errors.ts";

const STALL_MS = 90_000;
const MIB = 1024 * 1024;

function makeRig() {
  const socket = { bufferedAmount: 0, readyState: WebSocket.OPEN as number };
  const clock = { ms: 0 };
  const backlog = new DownBacklog(socket, { stallMs: STALL_MS, now: () => clock.ms });
  const send = (bytes: number) => {
    socket.bufferedAmount += bytes;
    backlog.noteSent(bytes);
  };
  return { socket, clock, backlog, send };
}

Deno.test("explainStall() reports a viewer that reads nothing for the stall limit, however few bytes are unsent", () => {
  const { backlog, send, clock } = makeRig();
  send(100);
  assertEquals(backlog.explainStall(), undefined);
  clock.ms = STALL_MS;
  assertEquals(backlog.explainStall(), undefined);
  send(100);
  clock.ms = STALL_MS + 1;
  assertEquals(backlog.explainStall()?.message, "The viewer read nothing for 90 s");
});

Deno.test("explainStall() accepts one byte within the limit, and nothing to read", () => {
  const { backlog, socket, send, clock } = makeRig();
  send(100);
  for (let left = 99; left >= 0; left--) {
    assertEquals(backlog.explainStall(), undefined);
    clock.ms += STALL_MS;
    socket.bufferedAmount = left;
  }
  clock.ms += STALL_MS * 10;
  assertEquals(backlog.explainStall(), undefined);
  send(1);
  assertEquals(backlog.explainStall(), undefined);
});

Deno.test("isFull is true above 4 MiB, and drain() waits for half of that", async () => {
  const { backlog, socket, send } = makeRig();
  send(4 * MIB);
  assertEquals(backlog.isFull, false);
  send(1);
  assertEquals(backlog.isFull, true);
  let isDrained = false;
  const drained = backlog.drain().then(() => isDrained = true);
  socket.bufferedAmount = 2 * MIB + 1;
  await new Promise((done) => setTimeout(done));
  assertEquals(isDrained, false);
  socket.bufferedAmount = 2 * MIB;
  await drained;
});

Deno.test("drain() gives up on a viewer that reads nothing, and never on one that reads a little", async () => {
  const { backlog, socket, clock, send } = makeRig();
  send(3);
  let isOver = false;
  const drained = backlog.drain(0).finally(() => isOver = true);
  const failed = assertRejects(() => drained, PortholeError, "The viewer read nothing for 90 s");
  clock.ms += STALL_MS;
  socket.bufferedAmount = 2;
  await new Promise((done) => setTimeout(done));
  clock.ms += STALL_MS;
  await new Promise((done) => setTimeout(done));
  assertEquals(isOver, false);
  clock.ms += 1;
  assertEquals((await failed).code, "viewer_stalled");
});

Deno.test("drain() ends when the socket closes", async () => {
  const { backlog, socket, send } = makeRig();
  send(100);
  const drained = backlog.drain(0);
  socket.readyState = WebSocket.CLOSED;
  await drained;
  assertEquals(backlog.bytes, 100);
});
