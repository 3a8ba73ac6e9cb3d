import { assertEquals, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { ByteQueue } from "../../../src/bridge/byte_queue.ts";

function makeQueue(...chunks: number[][]): ByteQueue {
  const queue = new ByteQueue();
  for (const chunk of chunks) queue.push(Uint8Array.from(chunk));
  return queue;
}

/** Whether the promise has settled after everything that was ready to run has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  promise.then(() => settled = true);
  await new Promise((done) => setTimeout(done));
  return settled;
}

Deno.test("bytes counts the queued bytes, and nothing for an empty chunk", () => {
  const queue = makeQueue([1, 2, 3], [], [4]);
  assertEquals([queue.bytes, queue.ended], [4, false]);
});

Deno.test("take() returns all queued bytes as one chunk, in order", async () => {
  const queue = makeQueue([1, 2], [3], [4, 5]);
  assertEquals(await queue.take(), Uint8Array.of(1, 2, 3, 4, 5));
  assertEquals(queue.bytes, 0);
});

Deno.test("take() returns a single chunk itself, without a copy", async () => {
  const queue = new ByteQueue();
  const chunk = Uint8Array.of(1, 2);
  queue.push(new Uint8Array());
  queue.push(chunk);
  assertStrictEquals(await queue.take(), chunk);
});

Deno.test("take() waits for a chunk that is not empty", async () => {
  const queue = makeQueue();
  const taken = queue.take();
  queue.push(new Uint8Array());
  assertEquals(await isSettled(taken), false);
  queue.push(Uint8Array.of(7));
  assertEquals(await taken, Uint8Array.of(7));
  assertEquals(queue.bytes, 0);
});

Deno.test("take() returns what was queued when the queue ended, then null", async () => {
  const queue = makeQueue([1]);
  queue.end();
  assertEquals(queue.ended, true);
  assertEquals(await queue.take(), Uint8Array.of(1));
  assertEquals(await queue.take(), null);
});

Deno.test("end() wakes a waiting take()", async () => {
  const queue = makeQueue();
  const taken = queue.take();
  queue.end();
  assertEquals(await taken, null);
});

Deno.test("push() after end() drops the chunk", async () => {
  const queue = makeQueue([1]);
  queue.end();
  queue.push(Uint8Array.of(2));
  assertEquals(queue.bytes, 1);
  assertEquals(await queue.take(), Uint8Array.of(1));
});

Deno.test("clear() drops the queued bytes, ends the queue and wakes a waiting consumer", async () => {
  const queue = makeQueue([1], [2]);
  const waiting = queue.has(3);
  queue.clear();
  assertEquals([queue.bytes, queue.ended], [0, true]);
  assertEquals(await waiting, false);
  assertEquals([await queue.take(), await queue.takeExactly(0)], [null, new Uint8Array()]);
});

Deno.test("has() waits for the last byte and takes none", async () => {
  const queue = makeQueue([1, 2]);
  const enough = queue.has(4);
  queue.push(Uint8Array.of(3));
  assertEquals(await isSettled(enough), false);
  queue.push(Uint8Array.of(4));
  assertEquals(await enough, true);
  assertEquals(queue.bytes, 4);
});

Deno.test("has() is false when the queue ends too early, and true when it ends with enough", async () => {
  const queue = makeQueue([1, 2]);
  const tooMuch = queue.has(3);
  queue.end();
  assertEquals([await tooMuch, await queue.has(2)], [false, true]);
});

Deno.test("one chunk wakes every waiting consumer", async () => {
  const queue = makeQueue();
  const waiting = [queue.has(1), queue.has(2), queue.has(2)];
  queue.push(Uint8Array.of(1, 2));
  assertEquals(await Promise.all(waiting), [true, true, true]);
});

Deno.test("takeExactly() leaves the rest in front of what comes later", async () => {
  const queue = makeQueue([1, 2], [3, 4, 5]);
  assertEquals(await queue.takeExactly(3), Uint8Array.of(1, 2, 3));
  assertEquals(queue.bytes, 2);
  queue.push(Uint8Array.of(6));
  assertEquals(await queue.take(), Uint8Array.of(4, 5, 6));
});

Deno.test("takeExactly() waits for all its bytes, and takes nothing if the queue ends first", async () => {
  const queue = makeQueue([1]);
  const taken = queue.takeExactly(2);
  queue.push(Uint8Array.of(2));
  assertEquals(await taken, Uint8Array.of(1, 2));
  assertEquals(queue.bytes, 0);
  const next = Uint8Array.of(3);
  queue.push(next);
  const missing = queue.takeExactly(2);
  queue.end();
  assertEquals(await missing, null);
  assertStrictEquals(await queue.take(), next);
});

Deno.test("whatever is pushed comes out in order, however it is taken", async () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 9 }), { maxLength: 20 });
  const counts = fc.array(fc.nat(12), { maxLength: 20 });
  await fc.assert(fc.asyncProperty(chunks, counts, async (pushed, wanted) => {
    const queue = new ByteQueue();
    for (const chunk of pushed) queue.push(chunk);
    queue.end();
    const taken: number[] = [];
    for (const count of wanted) taken.push(...await queue.takeExactly(count) ?? []);
    for (let rest; (rest = await queue.take()) !== null;) taken.push(...rest);
    assertEquals(taken, pushed.flatMap((chunk) => [...chunk]));
  }));
});
