import { assertEquals, assertThrows } from "@std/assert";
import { encodeFrame, FrameCounter } from "../../bench/frames.ts";

/** Server frames of every header length, with pings and a close between them. */
function buildStream(): Uint8Array {
  const frames = [
    [0x82, 5, 1, 2, 3, 4, 5],
    [0x89, 2, 0x82, 9], // a ping whose payload looks like a header
    [0x82, 0],
    [0x82, 126, 1, 44, ...new Array(300).fill(0x88)],
    [0x82, 127, 0, 0, 0, 0, 0, 1, 0, 1, ...new Array(65537).fill(0x89)],
    [0x88, 2, 3, 232],
  ];
  return new Uint8Array(frames.flat());
}

function count(stream: Uint8Array, chunkBytes: number): FrameCounter {
  const counter = new FrameCounter();
  for (let at = 0; at < stream.length; at += chunkBytes) {
    const chunk = stream.subarray(at, at + chunkBytes);
    counter.take(chunk, chunk.length);
  }
  return counter;
}

Deno.test("FrameCounter counts the same however the stream is cut", () => {
  const stream = buildStream();
  for (const chunkBytes of [1, 2, 3, 7, 64, 1000, stream.length]) {
    const { payloadBytes, frames, pings, closed } = count(stream, chunkBytes);
    assertEquals({ payloadBytes, frames, pings, closed }, {
      payloadBytes: 5 + 300 + 65537,
      frames: 4,
      pings: 1,
      closed: true,
    });
  }
});

Deno.test("FrameCounter takes only as many bytes of the buffer as it is told", () => {
  const counter = new FrameCounter();
  counter.take(new Uint8Array([0x82, 1, 7, 0x82, 1, 7]), 3);
  assertEquals(counter.payloadBytes, 1);
});

Deno.test("FrameCounter refuses a masked frame from the server", () => {
  const frame = encodeFrame(2, new Uint8Array([1, 2, 3]));
  assertThrows(() => count(frame, frame.length), Error, "masked");
});

Deno.test("encodeFrame() masks so that the XOR gives the payload back", () => {
  const payload = new Uint8Array([9, 8, 7, 6, 5, 4, 3]);
  const frame = encodeFrame(2, payload);
  assertEquals([...frame.subarray(0, 2)], [0x82, 0x80 | payload.length]);
  const mask = frame.subarray(2, 6);
  assertEquals(frame.subarray(6).map((byte, i) => byte ^ mask[i % 4]!), payload);
});

Deno.test("FrameCounter gives texts to whoever takes them, and then counts the bytes of binary frames only", () => {
  const text = [...new TextEncoder().encode("ä word")];
  const stream = new Uint8Array([0x81, text.length, ...text, 0x82, 3, 1, 2, 3, 0x82, 2, 1]);
  for (const chunkBytes of [1, 2, stream.length]) {
    const texts: string[] = [];
    const counter = new FrameCounter((text) => texts.push(text), 100);
    for (let at = 0; at < stream.length; at += chunkBytes) {
      const chunk = stream.subarray(at, at + chunkBytes);
      counter.take(chunk, chunk.length);
    }
    assertEquals([texts, counter.payloadBytes, counter.wholeBytes], [["ä word"], 104, 103]);
  }
});
