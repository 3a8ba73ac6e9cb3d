import { assertEquals, assertRejects } from "@std/assert";
import { ViewerSocket } from "../../../src/bridge/viewer_socket.ts";
import { PortholeError } from "../../../src/errors.ts";

const STALL_MS = 90_000;

/** The gateway's end of a WebSocket: the test says what is unsent, and sees what is done to it. */
class FakeSocket extends EventTarget {
  readyState: number = WebSocket.OPEN;
  bufferedAmount = 0;
  readonly frames: unknown[] = [];
  closedWith: number | undefined;
  onmessage: ((event: MessageEvent) => void) | null = null;

  send(data: Uint8Array | string): void {
    this.frames.push(data);
    this.bufferedAmount += data.length;
  }

  close(code: number): void {
    this.readyState = WebSocket.CLOSING;
    this.closedWith = code;
  }

  end(code: number): void {
    this.readyState = WebSocket.CLOSED;
    this.dispatchEvent(new CloseEvent("close", { code }));
  }

  receive(data: unknown): void {
    this.onmessage?.(new MessageEvent("message", { data }));
  }
}

function makeRig() {
  const socket = new FakeSocket();
  const clock = { ms: 0 };
  const viewer = new ViewerSocket(socket as unknown as WebSocket, {
    sideChannel: false,
    upQueueBytes: 1000,
    stallMs: STALL_MS,
    now: () => clock.ms,
  });
  return { socket, clock, viewer };
}

Deno.test("explainStall() names a viewer that takes nothing for the stall limit, however little waits", () => {
  const { viewer, clock } = makeRig();
  viewer.send(new Uint8Array(100));
  assertEquals(viewer.explainStall(), undefined);
  clock.ms = STALL_MS;
  assertEquals(viewer.explainStall(), undefined);
  viewer.send(new Uint8Array(100));
  clock.ms = STALL_MS + 1;
  assertEquals(viewer.explainStall()?.message, "The viewer took nothing for 90 s");
});

Deno.test("explainStall() is content with one byte within the limit, and with nothing to take", () => {
  const { viewer, socket, clock } = makeRig();
  viewer.send(new Uint8Array(100));
  for (let left = 99; left >= 0; left--) {
    assertEquals(viewer.explainStall(), undefined);
    clock.ms += STALL_MS;
    socket.bufferedAmount = left;
  }
  clock.ms += STALL_MS * 10;
  assertEquals(viewer.explainStall(), undefined);
  viewer.send(new Uint8Array(1));
  assertEquals(viewer.explainStall(), undefined);
});

Deno.test("abandon() closes once the queue has left, and not before", async () => {
  const { viewer, socket } = makeRig();
  viewer.send(new Uint8Array(100));
  const abandoned = viewer.abandon(new PortholeError("viewer_stalled", "Stuck"));
  assertEquals([socket.closedWith, viewer.isGone], [undefined, false]);
  socket.bufferedAmount = 0;
  await abandoned;
  assertEquals(socket.closedWith, 1008);
  socket.end(1008);
  assertEquals(viewer.isGone, true);
});

Deno.test("abandon() leaves alone a viewer that goes first, and leaves no timer", async () => {
  const { viewer, socket } = makeRig();
  viewer.send(new Uint8Array(100));
  const abandoned = viewer.abandon(new PortholeError("viewer_stalled", "Stuck"));
  socket.end(1006);
  await abandoned;
  assertEquals(socket.closedWith, undefined);
});

Deno.test("end() keeps nothing of what the viewer still says", () => {
  const { viewer, socket } = makeRig();
  socket.receive(new Uint8Array(500).buffer);
  const ended = viewer.end(new PortholeError("source_closed", "The source closed the connection"));
  socket.receive(new Uint8Array(500).buffer);
  assertEquals(viewer.up.bytes, 0);
  socket.end(1000);
  return ended;
});

Deno.test("the up queue takes its cap to the byte, and one byte more breaks the rule", async () => {
  const { viewer, socket } = makeRig();
  const failed = assertRejects(() => viewer.failed, PortholeError, "The source does not take what the viewer sends");
  socket.receive(new Uint8Array(1000).buffer);
  assertEquals(viewer.up.bytes, 1000);
  socket.receive(new Uint8Array(1).buffer);
  assertEquals(viewer.up.bytes, 0);
  await failed;
});
