import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Frame, SentFrames } from "../../../src/side_channel/sent_frames.ts";

function makeFrame(length: number, isText: boolean): Frame {
  return isText ? "x".repeat(length) : new Uint8Array(length);
}

Deno.test("what is acknowledged leaves the list, and what is not stays in order", () => {
  const sent = new SentFrames();
  const frames = [new Uint8Array([1, 2, 3]), "four", new Uint8Array([5])];
  for (const frame of frames) sent.push(frame);
  assertEquals([sent.sent, sent.acknowledged, sent.pending], [8, 0, 8]);
  assertEquals(sent.acknowledge(3), true);
  assertEquals([sent.list(), sent.acknowledged, sent.pending], [frames.slice(1), 3, 5]);
  assertEquals(sent.acknowledge(3), true);
  assertEquals(sent.acknowledge(8), true);
  assertEquals([sent.list(), sent.pending], [[], 0]);
});

Deno.test("a position that the other end cannot have reached changes nothing", () => {
  const sent = new SentFrames();
  for (const frame of ["abc", "defg"]) sent.push(frame);
  sent.acknowledge(3);
  for (const position of [0, 2, 4, 8, -1, NaN, Infinity]) {
    assertEquals([sent.acknowledge(position), sent.acknowledged, sent.list()], [false, 3, ["defg"]], `${position}`);
  }
});

Deno.test("whatever is sent and acknowledged, the list is what lies after the acknowledged position", () => {
  const step = fc.record({ length: fc.integer({ min: 1, max: 9 }), isText: fc.boolean(), taken: fc.nat(4) });
  fc.assert(fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
    const sent = new SentFrames();
    let [rest, position]: [Frame[], number] = [[], 0];
    for (const { length, isText, taken } of steps) {
      const frame = makeFrame(length, isText);
      sent.push(frame);
      rest.push(frame);
      for (const { length } of rest.slice(0, taken)) position += length;
      rest = rest.slice(taken);
      assertEquals(sent.acknowledge(position), true);
      assertEquals(sent.pending, rest.reduce((sum, { length }) => sum + length, 0));
    }
    assertEquals(sent.list(), rest);
  }));
});
