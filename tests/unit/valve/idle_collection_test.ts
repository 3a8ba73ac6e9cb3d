import { assertEquals } from "@std/assert";
import { IdleCollection } from "../../../src/valve/idle_collection.ts";

const MIB = 1024 ** 2;

function makeRig(heapMib: number) {
  const rig = { heapMib, collections: 0 };
  const idle = new IdleCollection({ heapBytes: () => rig.heapMib * MIB, collect: () => void rig.collections++ });
  return { rig, look: (...sessions: number[]) => sessions.forEach((count) => idle.look(count)) };
}

Deno.test("IdleCollection collects once after the last session, when none has come for a while", () => {
  const { rig, look } = makeRig(300);
  look(2, 1, 0, 0);
  assertEquals(rig.collections, 0);
  look(0);
  assertEquals(rig.collections, 1);
  look(0, 0, 0, 0);
  assertEquals(rig.collections, 1);
  look(1, 0, 0, 0);
  assertEquals(rig.collections, 2);
});

Deno.test("IdleCollection leaves open sessions alone, and a gateway that had none", () => {
  const { rig, look } = makeRig(300);
  look(0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 1, 0, 0);
  assertEquals(rig.collections, 0);
});

Deno.test("IdleCollection leaves a small heap alone", () => {
  const { rig, look } = makeRig(30);
  look(1, 0, 0, 0);
  assertEquals(rig.collections, 0);
});

Deno.test("IdleCollection does without where the runtime lets nobody ask", () => {
  const idle = new IdleCollection({ heapBytes: () => 300 * MIB, collect: undefined });
  [1, 0, 0, 0].forEach((count) => idle.look(count));
});
