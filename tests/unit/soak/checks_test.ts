import { assertEquals } from "@std/assert";
import { checkMemory, measureSlope } from "../../soak/checks.ts";
import {
  buildMessages,
  encodeOrder,
  encodePointer,
  MESSAGE_BYTES,
  readFromViewer,
  StreamCheck,
} from "../../soak/pattern.ts";

Deno.test("StreamCheck finds a byte that was lost, doubled or changed, however the stream is cut", () => {
  const whole = buildMessages(0, 3);
  const [at, next] = [MESSAGE_BYTES + 77, MESSAGE_BYTES + 78];
  const changed = whole.slice();
  changed[at]! ^= 1;
  const streams: [Uint8Array, number | undefined][] = [
    [whole, undefined],
    [changed, at],
    [Uint8Array.of(...whole.subarray(0, at), ...whole.subarray(next)), at],
    [Uint8Array.of(...whole.subarray(0, next), ...whole.subarray(at)), next],
  ];
  for (const [stream, wrongAt] of streams) {
    for (const length of [1, 1000, 5000, stream.length]) {
      const check = new StreamCheck();
      for (let from = 0; from < stream.length; from += length) check.take(stream.subarray(from, from + length));
      assertEquals([check.wrongAt, check.bytes], [wrongAt, stream.length]);
    }
  }
});

Deno.test("a source reads what a viewer of the soak sends", async () => {
  const order = { messages: 600, closes: true, pointers: 30 };
  const bytes = Uint8Array.of(...encodePointer(70_000), ...encodeOrder(order));
  let at = 0;
  const read = (count: number) => Promise.resolve(new DataView(bytes.buffer, (at += count) - count, count));
  assertEquals([await readFromViewer(read), await readFromViewer(read), at], [70_000, order, bytes.length]);
});

Deno.test("measureSlope() is not misled by one sample", () => {
  const sample = (minute: number, memoryMib: number) => ({ minute, memoryMib, descriptors: 0 });
  assertEquals(measureSlope([sample(0, 100), sample(1, 102), sample(2, 300), sample(3, 106), sample(4, 108)]), 2);
  assertEquals(measureSlope([sample(0, 100)]), 0);
});

Deno.test("checkMemory() tells of memory that grows, and of none where the program ended before the first check", () => {
  const judge = (mibs: readonly number[]) => {
    const faults: string[] = [];
    const samples = mibs.map((memoryMib, minute) => ({ minute, memoryMib, descriptors: 0 }));
    checkMemory({ fault: (what) => faults.push(what) }, samples);
    return faults;
  };
  assertEquals(judge([]), []);
  assertEquals(judge([100, 102, 101, 103]), []);
  assertEquals(judge([100, 150, 200, 250, 300, 350]), ["the memory grows by 50.0 MiB a minute"]);
});
