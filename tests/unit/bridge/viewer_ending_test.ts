import { assertEquals } from "@std/assert";
import { abandonViewer, endViewer } from "../../../src/bridge/viewer_ending.ts";
import { PortholeError } from "../../../src/errors.ts";
import { parseDown } from "../../../src/side_channel/messages.ts";
import { setImmediate } from "node:timers";
import { FakeTimeouts } from "../../fakes/fake_timeouts.ts";
import { makeViewerRig } from "../../fakes/viewer_socket_rig.ts";
import { waitUntil } from "../../fakes/wait_until.ts";

Deno.test("abandonViewer() closes once the queue has left, and not before", async () => {
  const { viewer, socket } = makeViewerRig();
  viewer.send(new Uint8Array(100));
  const abandoned = abandonViewer(viewer, new PortholeError("viewer_stalled", "Stuck"));
  assertEquals([socket.closedWith, viewer.isGone], [undefined, false]);
  socket.bufferedAmount = 0;
  await waitUntil(() => socket.closedWith === 1008);
  socket.end(1008);
  await abandoned;
  assertEquals(viewer.isGone, true);
});

Deno.test("abandonViewer() does nothing for a viewer that leaves first, and leaves no timer", async () => {
  const { viewer, socket } = makeViewerRig();
  viewer.send(new Uint8Array(100));
  const abandoned = abandonViewer(viewer, new PortholeError("viewer_stalled", "Stuck"));
  socket.end(1006);
  await abandoned;
  assertEquals(socket.closedWith, undefined);
});

Deno.test("endViewer() drops what the viewer still sends", () => {
  const { viewer, socket } = makeViewerRig();
  socket.receive(new Uint8Array(500));
  const ended = endViewer(viewer, new PortholeError("source_closed", "The VNC server closed the connection"));
  socket.receive(new Uint8Array(500));
  assertEquals(viewer.up.bytes, 0);
  socket.end(1000);
  return ended;
});

Deno.test("endViewer() sends a page its goodbye after everything else, and the page closes by itself", async () => {
  const { viewer, socket } = makeViewerRig({ sideChannel: true });
  viewer.send(new Uint8Array(100));
  const ended = endViewer(viewer, new PortholeError("limit_reached", "Full", { retryAfterMs: 900 }));
  await new Promise((done) => setTimeout(done));
  assertEquals(socket.frames.length, 1);
  socket.bufferedAmount = 0;
  await waitUntil(() => socket.frames.length === 2);
  assertEquals(parseDown(String(socket.frames[1])).message, {
    type: "goodbye",
    code: "limit_reached",
    close: 4429,
    message: "Full",
    retry: true,
    retry_after_ms: 900,
  });
  assertEquals(socket.closedWith, undefined);
  socket.end(1000);
  await ended;
  assertEquals(socket.closedWith, undefined);
});

for (const sideChannel of [true, false]) {
  Deno.test(`endViewer() gives up on a viewer that never closes (${sideChannel ? "page" : "foreign"})`, async () => {
    using timers = new FakeTimeouts();
    const { viewer, socket, clock } = makeViewerRig({ sideChannel });
    let isOver = false;
    const ended = endViewer(viewer, new PortholeError("source_closed", "The end")).finally(() => isOver = true);
    for (let step = 0; step < 100 && !isOver; step++) {
      await new Promise((done) => setImmediate(done));
      clock.ms += 1_000;
      timers.pass(1_000);
    }
    await ended;
    assertEquals(socket.closedWith, 1000);
  });
}

Deno.test("endViewer() leaves the bytes to a foreign viewer as long on the way as its link needs", async () => {
  using timers = new FakeTimeouts();
  const { viewer, socket } = makeViewerRig();
  Object.defineProperty(viewer, "lingerMs", { get: () => 500 });
  Object.defineProperty(viewer, "silentMs", { get: () => 10_000 });
  const ended = endViewer(viewer, new PortholeError("source_closed", "The end"));
  const passThen = async (ms: number) => {
    await new Promise((done) => setImmediate(done));
    timers.pass(ms);
    for (let turn = 0; turn < 10; turn++) await new Promise((done) => setImmediate(done));
    return socket.closedWith;
  };
  assertEquals([await passThen(499), await passThen(1)], [undefined, 1000]);
  socket.end(1000);
  await ended;
});

Deno.test("the page can parse every goodbye, also for a code without a close code", async () => {
  for (const code of ["host_refused", "draining"] as const) {
    const { viewer, socket } = makeViewerRig({ sideChannel: true });
    const ended = endViewer(viewer, new PortholeError(code, "x".repeat(5000)));
    await waitUntil(() => socket.frames.length === 1);
    const { message, problem } = parseDown(String(socket.frames[0]));
    assertEquals([message?.type, problem], ["goodbye", undefined]);
    socket.end(1000);
    await ended;
  }
});

Deno.test("endViewer() closes a foreign viewer once the queue has left", async () => {
  const { viewer, socket } = makeViewerRig();
  const ended = endViewer(viewer, new PortholeError("source_closed", "The VNC server closed the connection"));
  await waitUntil(() => socket.closedWith === 1000);
  assertEquals(socket.frames, []);
  socket.end(1000);
  await ended;
});

for (const [code, close] of [["viewer_too_fast", 1008], ["source_closed", 1000]] as const) {
  Deno.test(`endViewer() closes a viewer that still talks only when it is silent for a moment (${code})`, async () => {
    const { viewer, socket } = makeViewerRig();
    const silences = [0, 99, 100];
    Object.defineProperty(viewer, "silentMs", { get: () => silences.shift() });
    const ended = endViewer(viewer, new PortholeError(code, "The end"));
    await waitUntil(() => socket.closedWith === close);
    assertEquals(silences, []);
    socket.end(close);
    await ended;
  });
}

Deno.test("endViewer() receives what has already arrived before it closes: after that, it would cost the close frame", async () => {
  const { viewer, socket } = makeViewerRig();
  let closedWith: number | undefined = 0;
  const arrive = () => void setImmediate(() => closedWith = socket.closedWith);
  // The event loop was busy, so the viewer seems silent.
  Object.defineProperty(viewer, "silentMs", { get: () => (arrive(), 100) });
  const ended = endViewer(viewer, new PortholeError("idle", "The end"));
  await waitUntil(() => socket.closedWith === 4408);
  assertEquals(closedWith, undefined);
  socket.end(4408);
  await ended;
});
