import { assertEquals } from "@std/assert";
import { FairQueue } from "../../../src/access/fair_queue.ts";

/** Takes everything. */
function drain(queue: FairQueue<string>): string[] {
  const taken: string[] = [];
  for (let item; (item = queue.take()) !== undefined;) taken.push(item);
  return taken;
}

Deno.test("senders take turns, and each one's items keep their order", () => {
  const queue = new FairQueue<string>(10);
  for (const item of ["a1", "a2", "a3", "b1", "c1", "b2"]) assertEquals(queue.add(item[0]!, item), undefined);
  assertEquals(drain(queue), ["a1", "b1", "c1", "a2", "b2", "a3"]);
  assertEquals(queue.take(), undefined);
});

Deno.test("a full queue displaces the newest item of the sender with the most, which may be the new one", () => {
  const queue = new FairQueue<string>(4);
  for (const item of ["a1", "a2", "a3", "b1"]) queue.add(item[0]!, item);
  assertEquals(queue.add("a", "a4"), "a4");
  assertEquals(queue.add("c", "c1"), "a3");
  assertEquals(queue.add("d", "d1"), "a2");
  assertEquals(queue.add("e", "e1"), "e1", "all have one");
  assertEquals(drain(queue), ["a1", "b1", "c1", "d1"]);
  assertEquals(queue.add("f", "f1"), undefined);
});
