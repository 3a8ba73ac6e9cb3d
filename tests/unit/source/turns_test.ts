import { assertEquals, assertRejects } from "@std/assert";
import { Turns } from "../../../src/source/turns.ts";

const never = new AbortController().signal;

Deno.test("works of one name run one after the other, of two names side by side", async () => {
  const turns = new Turns();
  const done: string[] = [];
  const first = Promise.withResolvers<void>();
  const works = [
    turns.run("pi", never, () => first.promise.then(() => void done.push("pi 1"))),
    turns.run("pi", never, () => Promise.resolve(done.push("pi 2"))),
    turns.run("tv", never, () => Promise.resolve(done.push("tv 1"))),
  ];
  await works[2];
  assertEquals(done, ["tv 1"]);
  first.resolve();
  await Promise.all(works);
  assertEquals(done, ["tv 1", "pi 1", "pi 2"]);
});

Deno.test("who gives up waiting is let go at once, never runs, and holds up nobody", async () => {
  const turns = new Turns();
  const first = Promise.withResolvers<void>();
  const abort = new AbortController();
  const done: string[] = [];
  const works = [
    turns.run("pi", never, () => first.promise),
    turns.run("pi", abort.signal, () => Promise.resolve(void done.push("given up"))),
    turns.run("pi", never, () => Promise.resolve(void done.push("last"))),
  ];
  abort.abort(new Error("The viewer left"));
  await assertRejects(() => works[1]!, Error, "The viewer left");
  first.resolve();
  await Promise.all([works[0], works[2]]);
  assertEquals(done, ["last"]);
});

Deno.test("a work that fails leaves the turn to the next", async () => {
  const turns = new Turns();
  const failing = turns.run("pi", never, () => Promise.reject(new Error("no")));
  const next = turns.run("pi", never, () => Promise.resolve("yes"));
  await assertRejects(() => failing, Error, "no");
  assertEquals(await next, "yes");
});
