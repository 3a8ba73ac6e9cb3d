import { assert, assertEquals } from "@std/assert";
import { pump } from "../../../src/bridge/pump.ts";
import { ReadBuffer } from "../../../src/bridge/read_buffer.ts";
import { Taps } from "../../../src/bridge/taps.ts";
import { Turns } from "../../../src/bridge/turns.ts";
import { ViewerSocket } from "../../../src/bridge/viewer_socket.ts";
import { FakeGatewaySocket } from "../../fakes/gateway_socket.ts";

const KIB = 1024;
/** Without turns, the source would give all of these in one. */
const MOST_READS = 10_000;

/** What reads find room for, one after the other, if each fills it. */
function fill(buffer: ReadBuffer, reads: number): number[] {
  return Array.from({ length: reads }, () => {
    const room = buffer.lend(Infinity);
    buffer.takeBack(room, false);
    return room.length / KIB;
  });
}

Deno.test("pump() lets the event loop go on beside a source that always has more", async () => {
  let reads = 0;
  let isOver = false;
  const readable = new ReadableStream({
    type: "bytes",
    pull(controller) {
      const { byobRequest } = controller;
      if (!isOver && ++reads < MOST_READS) return byobRequest!.respond(byobRequest!.view!.byteLength);
      controller.close();
      byobRequest!.respond(0);
    },
  }, { highWaterMark: 0 });
  const socket = new FakeGatewaySocket();
  socket.send = () => {};
  const viewer = new ViewerSocket(socket.asWebSocket, { sideChannel: false, upQueueBytes: KIB, stallMs: 90_000 });
  setTimeout(() => isOver = true);
  const source = { readable: readable as ReadableStream<Uint8Array<ArrayBuffer>>, writable: new WritableStream() };
  const count = { upBytes: 0, downBytes: 0 };
  const options = { source: { ...source, close: () => {} }, viewer, taps: new Taps(), turns: new Turns(), count };
  assertEquals(await pump(options), "source_closed");
  assert(reads < MOST_READS, "a timer had to wait for the source");
});

Deno.test("reads grow to 256 KiB, and to 64 KiB while a viewer of any session waits for an answer", () => {
  const clock = { ms: 1000 };
  const turns = new Turns(() => clock.ms);
  const buffer = new ReadBuffer(turns);
  assertEquals(fill(buffer, 6), [1, 4, 16, 64, 256, 256]);
  turns.noteUp();
  assertEquals(fill(buffer, 3), [256, 64, 64]);
  clock.ms += 1000;
  assertEquals(fill(buffer, 3), [64, 256, 256]);
});

Deno.test("a turn lasts a millisecond, or one read while a viewer of any session waits for an answer", () => {
  const clock = { ms: 1000 };
  const turns = new Turns(() => clock.ms);
  const beganAt = turns.begin();
  assert(!turns.isOver(beganAt));
  clock.ms += 1;
  assert(turns.isOver(beganAt));
  turns.noteUp();
  assert(turns.isOver(turns.begin()));
  clock.ms += 1000;
  assert(!turns.isOver(turns.begin()));
});

Deno.test("the buffer shrinks after many reads that leave most of it empty, not after a few", () => {
  const buffer = new ReadBuffer(new Turns());
  fill(buffer, 3);
  const readLittle = (times: number) => {
    for (let read = 0; read < times; read++) buffer.takeBack(buffer.lend(Infinity).subarray(0, 1), false);
    return buffer.lend(Infinity).length / KIB;
  };
  assertEquals([readLittle(64), readLittle(1), readLittle(64), readLittle(1)], [64, 16, 16, 4]);
});

Deno.test("a read is limited by the viewer's room, but not to next to nothing", () => {
  const buffer = new ReadBuffer(new Turns());
  fill(buffer, 3);
  assertEquals([buffer.lend(10 * KIB).length, buffer.lend(1).length], [10 * KIB, KIB]);
});

Deno.test("a buffer that was given away is never lent again", () => {
  const buffer = new ReadBuffer(new Turns());
  const given = buffer.lend(Infinity);
  buffer.takeBack(given.subarray(0, 1000), true);
  assert(buffer.lend(Infinity).buffer !== given.buffer);
});
