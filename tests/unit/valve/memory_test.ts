import { assertEquals } from "@std/assert";
import { findMemoryLimit } from "../../../src/valve/memory.ts";

const GIB = 1024 ** 3;
const machine = (total: number, constrained: number) => ({ total: () => total, constrained: () => constrained });

Deno.test("findMemoryLimit() takes the share of the container where it has less than the machine", () => {
  const limit = { share: 0.75 };
  assertEquals(findMemoryLimit(limit, machine(8 * GIB, 2 ** 63)), 6 * GIB);
  assertEquals(findMemoryLimit(limit, machine(8 * GIB, 0)), 6 * GIB);
  assertEquals(findMemoryLimit(limit, machine(8 * GIB, 4 * GIB)), 3 * GIB);
  assertEquals(findMemoryLimit(limit, undefined), undefined);
});

Deno.test("findMemoryLimit() takes bytes as they are, and 0 as no limit", () => {
  assertEquals(findMemoryLimit({ bytes: GIB }, undefined), GIB);
  assertEquals(findMemoryLimit({ bytes: 0 }, machine(GIB, GIB)), undefined);
});
