import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { memoize, once } from "../../src/memoize.ts";

Deno.test("once() makes a thing when it is first asked for, and keeps it even when it is undefined", () => {
  let made = 0;
  const get = once(() => void made++);
  assertEquals(made, 0);
  get();
  get();
  assertEquals(made, 1);
});

Deno.test("once() makes it again after making it failed", () => {
  let tries = 0;
  const get = once(() => {
    if (++tries === 1) throw new Error("no");
    return tries;
  });
  assertThrows(get, Error, "no");
  assertEquals([get(), get()], [2, 2]);
});

Deno.test("memoize() makes a thing anew only when what it is made from is another", () => {
  const from = { list: ["a"] };
  let made = 0;
  const get = memoize(() => from.list, (list) => ({ list, made: ++made }));
  assertStrictEquals(get(), get());
  from.list.push("b");
  assertEquals(get().made, 1);
  from.list = ["a"];
  assertEquals(get().made, 2);
});
