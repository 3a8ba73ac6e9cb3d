import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { PortholeError } from "../../../src/errors.ts";
import type { FakeGatewaySocket } from "../../fakes/gateway_socket.ts";
import { FakeTimeouts } from "../../fakes/fake_timeouts.ts";
import { makeResumableRig, readMessages, writeAck } from "../../fakes/resumable_rig.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** Sends until the window is full; returns how much that was. */
function fill({ viewer }: Awaited<ReturnType<typeof makeResumableRig>>): number {
  let bytes = 0;
  for (; viewer.roomBytes > 0; bytes += 1000) viewer.send(new Uint8Array(1000));
  return bytes;
}

/** The binary frames, without what the gateway says. */
function readBytes(socket: FakeGatewaySocket): number[] {
  return [...socket.bytes()];
}

Deno.test("the first frame on each link is the token with which the page comes back", async () => {
  const { viewer, socket, resume } = await makeResumableRig();
  assertEquals(readMessages(socket), [{ type: "resumable", token: "token 1", hold_ms: 30_000, received: 0 }]);
  socket.receive(new Uint8Array(7));
  socket.end(1006);
  const next = resume(0);
  assertEquals(readMessages(next), [{ type: "resumable", token: "token 2", hold_ms: 30_000, received: 7 }]);
  viewer.close(new PortholeError("source_closed", "The end"));
  next.end(1000);
});

Deno.test("what is not acknowledged comes again on the next link, in order, and what is sent meanwhile", async () => {
  const { viewer, socket, share, events, clock, resume } = await makeResumableRig();
  viewer.send(Uint8Array.of(1, 2));
  viewer.send(Uint8Array.of(3));
  socket.receive(writeAck(2));
  viewer.sendSide({ type: "state", state: "open" });
  socket.end(1006);
  clock.ms += 400;
  assertEquals([viewer.isHeld, viewer.isOpen, viewer.isGone, events], [true, true, false, ["held"]]);
  viewer.send(Uint8Array.of(4));
  viewer.sendSide({ type: "ping", id: 1 });
  const next = resume(2);
  assertEquals(readBytes(next), [3, 4]);
  assertEquals(readMessages(next).map(({ type }) => type), ["resumable", "state"]);
  assertEquals([viewer.isHeld, events], [false, ["held", "resumed after 400"]]);
  next.receive(writeAck(4 + '{"type":"state","state":"open"}'.length));
  assertEquals(share.bytes, 0);
  next.end(1000);
  assertEquals((await viewer.closed).code, 1000);
});

Deno.test("a page that comes back with everything gets nothing again", async () => {
  const { viewer, socket, resume } = await makeResumableRig();
  viewer.send(Uint8Array.of(1, 2));
  socket.end(1006);
  const next = resume(2);
  assertEquals(next.frames.length, 1);
  next.end(1000);
});

Deno.test("a link that breaks, and one that the runtime gives up, is lost; a page that closes has left", async () => {
  for (
    const [code, wasClean, isLeft] of [[1006, false, false], [1001, false, false], [4000, true, false], [
      1000,
      true,
      true,
    ], [1001, true, true]] as const
  ) {
    const { viewer, socket } = await makeResumableRig();
    socket.end(code, wasClean);
    assertEquals([code, viewer.isHeld, viewer.isGone], [code, !isLeft, isLeft]);
    viewer.close(new PortholeError("source_closed", "The end"));
    assertEquals([viewer.isHeld, viewer.isGone], [false, true]);
  }
});

Deno.test("without a time to hold it, a viewer that loses its link has left", async () => {
  const { viewer, socket } = await makeResumableRig({ holdMs: 0 });
  socket.end(1006);
  assertEquals(viewer.isGone, true);
});

Deno.test("a viewer that does not come back leaves, says so, and keeps nothing", async () => {
  using timers = new FakeTimeouts();
  const { viewer, socket, share } = await makeResumableRig({ holdMs: 5_000 });
  viewer.send(new Uint8Array(500));
  socket.receive(new Uint8Array(3));
  socket.end(1006);
  timers.pass(4_999);
  assert(viewer.isHeld && share.bytes > 500);
  timers.pass(1);
  await viewer.closed;
  assertEquals([viewer.isHeld, viewer.isGone, viewer.isOpen, share.bytes], [false, true, false, 0]);
  assertEquals(viewer.describeLeaving(), "The viewer lost its connection, and did not come back within 5 s");
  assertEquals([await viewer.up.take(), await viewer.up.take()], [new Uint8Array(3), null]);
});

Deno.test("a page that comes back while its link seems alive replaces it", async () => {
  const { viewer, socket, events, resume } = await makeResumableRig();
  viewer.send(Uint8Array.of(1));
  const next = resume(0);
  assertEquals([socket.closedWith, events], [4409, ["resumed after 0"]]);
  socket.receive(Uint8Array.of(9));
  socket.receive(writeAck(999));
  socket.end(1000);
  assertEquals([viewer.isHeld, viewer.isGone, viewer.up.bytes], [false, false, 0]);
  viewer.send(Uint8Array.of(2));
  assertEquals(readBytes(next), [1, 2]);
  next.end(1000);
});

Deno.test("a page cannot come back with what it never got, and the viewer is as before", async () => {
  const { viewer, socket, resume } = await makeResumableRig();
  for (const bytes of [5, 5]) viewer.send(new Uint8Array(bytes));
  socket.receive(writeAck(5));
  socket.end(1006);
  for (const received of [0, 4, 7, 11]) {
    assertEquals(assertThrows(() => resume(received), PortholeError).code, "viewer_malformed");
  }
  assertEquals(viewer.isHeld, true);
  const next = resume(5);
  assertEquals(readBytes(next).length, 5);
  next.end(1000);
});

for (const [lie, position] of [["too high", 11], ["going back", 0], ["between two frames", 7]] as const) {
  Deno.test(`an acknowledgement that cannot be true ends the session (${lie})`, async () => {
    const { viewer, socket, share } = await makeResumableRig();
    for (const bytes of [5, 5]) viewer.send(new Uint8Array(bytes));
    socket.receive(writeAck(5));
    socket.receive(writeAck(position));
    assertEquals((await assertRejects(() => viewer.failed, PortholeError)).code, "viewer_malformed");
    socket.end(1006);
    viewer.close(new PortholeError("viewer_malformed", "The end"));
    assertEquals(share.bytes, 0);
  });
}

Deno.test("drain() waits for acknowledgements, without polling, also while the viewer is held", async () => {
  const rig = await makeResumableRig();
  using timers = new FakeTimeouts();
  const sent = fill(rig);
  assert(sent > 100 * KIB && sent <= 128 * KIB, `${sent} bytes`);
  const order: string[] = [];
  const drained = rig.viewer.drain().then(() => order.push("room"));
  const emptied = rig.viewer.drain(0).then(() => order.push("empty"));
  rig.socket.end(1006);
  await Promise.resolve();
  assertEquals(order, []);
  const next = rig.resume(50_000);
  await drained;
  assertEquals(order, ["room"]);
  next.receive(writeAck(sent));
  await emptied;
  next.end(1000);
  timers.pass(100_000);
});

Deno.test("a viewer that acknowledges nothing costs its window, and has stalled after the limit", async () => {
  const rig = await makeResumableRig({ stallMs: 10_000 });
  const watch = (seconds: number) => {
    const found = Array.from({ length: seconds / 2 }, () => {
      rig.clock.ms += 2_000;
      return rig.viewer.explainStall()?.code;
    });
    return found.at(-1);
  };
  rig.viewer.send(new Uint8Array(100));
  assertEquals(watch(60), undefined);
  fill(rig);
  assert(rig.share.bytes <= 130 * KIB, `${rig.share.bytes} bytes`);
  assertEquals([watch(10), watch(2)], [undefined, "viewer_stalled"]);
  rig.socket.receive(writeAck(100));
  assertEquals([watch(2), watch(10), watch(2)], [undefined, undefined, "viewer_stalled"]);
  rig.socket.end(1006);
  assertEquals(watch(60), undefined);
  const next = rig.resume(100);
  assertEquals([watch(10), watch(2)], [undefined, "viewer_stalled"]);
  next.end(1000);
});

Deno.test("many frames of one byte fill the window as few large ones do", async () => {
  const { viewer, share, socket } = await makeResumableRig();
  let frames = 0;
  for (; viewer.roomBytes > 0; frames++) viewer.send(new Uint8Array(1));
  assert(frames < 1000, `${frames} frames`);
  socket.end(1000);
  assertEquals(share.bytes, 0);
});

Deno.test("what the page sent is acknowledged after 16 KiB, and with a ping; what came twice never is", async () => {
  const { viewer, socket, resume } = await makeResumableRig();
  const acks = (of: FakeGatewaySocket) => readMessages(of).flatMap((m) => m.type === "ack" ? [m.received] : []);
  socket.receive(new Uint8Array(16 * KIB - 1));
  assertEquals(acks(socket), []);
  socket.receive(new Uint8Array(1));
  socket.receive('{"type":"pong","id":1}');
  socket.receive('{"type":"credentials","username":"a"}');
  assertEquals(acks(socket), [16 * KIB]);
  viewer.sendSide({ type: "ping", id: 1 });
  viewer.sendSide({ type: "ping", id: 2 });
  const received = 16 * KIB + '{"type":"credentials","username":"a"}'.length;
  assertEquals(acks(socket), [16 * KIB, received]);
  socket.end(1006);
  assertEquals(readMessages(resume(0))[0], { type: "resumable", token: "token 2", hold_ms: 30_000, received });
  viewer.close(new PortholeError("source_closed", "The end"));
});

Deno.test("what the page sent is acknowledged after a second, since a page that hears nothing takes its link for dead", async () => {
  using time = new FakeTimeouts();
  const { socket } = await makeResumableRig();
  socket.receive(Uint8Array.of(1));
  time.pass(500);
  socket.receive(Uint8Array.of(2));
  time.pass(499);
  assertEquals(readMessages(socket).length, 1);
  time.pass(1);
  assertEquals(readMessages(socket).slice(1), [{ type: "ack", received: 2 }]);
  socket.receive(Uint8Array.of(3));
  socket.end(1000);
});

Deno.test("a page that says something after its token has come has the token", async () => {
  const { viewer, socket, confirmed, resume } = await makeResumableRig();
  socket.receive('{"type":"begin"}');
  assertEquals(confirmed, []);
  socket.receive(writeAck(0));
  socket.receive(writeAck(0));
  socket.end(1006);
  const second = resume(0);
  assertEquals(confirmed, [1]);
  second.end(1006);
  const third = resume(0);
  third.receive(Uint8Array.of(1));
  assertEquals(confirmed, [1, 3]);
  viewer.close(new PortholeError("source_closed", "The end"));
  third.end(1000);
});

Deno.test("messages reach the session, but for acknowledgements; unknown ones count as others do", async () => {
  const { viewer, socket, resume } = await makeResumableRig();
  const seen: string[] = [];
  viewer.onSide = ({ type }) => seen.push(type);
  for (const frame of [writeAck(0), '{"type":"pong","id":7}', '{"type":"from the future"}']) socket.receive(frame);
  assertEquals(seen, ["pong"]);
  socket.end(1006);
  const [greeting] = readMessages(resume(0));
  assertEquals(greeting?.type === "resumable" && greeting.received, '{"type":"from the future"}'.length);
  socket.receive("garbage");
  viewer.close(new PortholeError("source_closed", "The end"));
});

Deno.test("bytes that are sent may change afterwards, and those that are given are not copied", async () => {
  const { viewer, socket, resume } = await makeResumableRig();
  const bytes = Uint8Array.of(1, 2);
  viewer.send(bytes);
  viewer.give(bytes);
  bytes[0] = 9;
  socket.end(1006);
  const next = resume(0);
  assertEquals(readBytes(next), [1, 2, 9, 2]);
  next.end(1000);
});

Deno.test("the queue up holds its cap whatever link its bytes came on", async () => {
  const { viewer, socket, resume } = await makeResumableRig({ upQueueBytes: 10 });
  socket.receive(new Uint8Array(6));
  socket.end(1006);
  const next = resume(0);
  next.receive(new Uint8Array(4));
  assertEquals(viewer.up.bytes, 10);
  next.receive(new Uint8Array(1));
  assertEquals((await assertRejects(() => viewer.failed, PortholeError)).code, "viewer_too_fast");
  next.end(1000);
});

Deno.test("a viewer may come back a hundred times at once, and then again after a moment", async () => {
  const { viewer, clock, resume } = await makeResumableRig();
  for (let turn = 0; turn < 100; turn++) resume(0);
  assertEquals(assertThrows(() => resume(0), PortholeError).code, "limit_reached");
  clock.ms += 600;
  resume(0).end(1000);
  await viewer.closed;
});

Deno.test("a viewer that reads nothing and comes back again and again leaves at most 32 MiB behind", async () => {
  const rig = await makeResumableRig();
  const sockets = [rig.socket];
  const comeBack = () => {
    const socket = rig.resume(0);
    socket.isFast = false;
    socket.bufferedAmount = 4 * MIB;
    sockets.push(socket);
  };
  for (let turn = 0; turn < 10; turn++) comeBack();
  assertEquals(assertThrows(comeBack, PortholeError).code, "limit_reached");
  // What its other end has read, or whose connection has ended, is not left behind.
  sockets[1]!.bufferedAmount = 0;
  comeBack();
  assertThrows(comeBack, PortholeError);
  sockets[2]!.end(1006);
  comeBack();
  sockets.at(-1)!.end(1000);
  await rig.viewer.closed;
});
