import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { chainStages, type Stage } from "../../../src/rfb/stage.ts";

function add(name: number): Stage {
  return { push: (chunk) => Uint8Array.of(...chunk, name) };
}

Deno.test("chainStages() returns undefined for no stages, and a single stage itself: neither costs a call", () => {
  const only = add(1);
  assertEquals(chainStages([]), undefined);
  assertStrictEquals(chainStages([only]), only);
});

Deno.test("chainStages() runs the stages in the order of the list", () => {
  assertEquals(chainStages([add(1), add(2), add(3)])!.push(Uint8Array.of(0)), Uint8Array.of(0, 1, 2, 3));
});

Deno.test("chainStages() returns the same chunk if no stage changes it", () => {
  const same: Stage = { push: (chunk) => chunk };
  const chunk = Uint8Array.of(1);
  assertStrictEquals(chainStages([same, same])!.push(chunk), chunk);
});

Deno.test("chainStages() never calls a stage without bytes", () => {
  const got: number[] = [];
  const holdsAll: Stage = { push: () => new Uint8Array() };
  const notes: Stage = { push: (chunk) => (got.push(chunk.length), chunk) };
  assertEquals(chainStages([notes, holdsAll, notes])!.push(Uint8Array.of(1, 2)).length, 0);
  assertEquals(got, [2]);
});

Deno.test("chainStages() throws a stage's error, and does not run the stages after it", () => {
  const fails: Stage = {
    push: () => {
      throw new Error("broken");
    },
  };
  const never: Stage = {
    push: () => {
      throw new Error("reached");
    },
  };
  assertThrows(() => chainStages([fails, never])!.push(Uint8Array.of(1)), Error, "broken");
});

Deno.test("chainStages() ignores later changes of the list", () => {
  const list = [add(1), add(2)];
  const chain = chainStages(list)!;
  list.push(add(3));
  assertEquals(chain.push(Uint8Array.of(0)), Uint8Array.of(0, 1, 2));
});
