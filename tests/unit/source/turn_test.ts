import { assertEquals, assertRejects } from "@std/assert";
import { Turn } from "../../../src/source/turn.ts";

const never = new AbortController().signal;

Deno.test("tasks run one after the other", async () => {
  const turn = new Turn();
  const done: string[] = [];
  const first = Promise.withResolvers<void>();
  const works = [
    turn.run(() => first.promise.then(() => void done.push("first")), never),
    turn.run(() => Promise.resolve(void done.push("second")), never),
  ];
  await Promise.resolve();
  assertEquals(done, []);
  first.resolve();
  await Promise.all(works);
  assertEquals(done, ["first", "second"]);
});

Deno.test("a task whose signal aborts while it waits rejects at once, never runs, and does not delay others", async () => {
  const turn = new Turn();
  const first = Promise.withResolvers<void>();
  const abort = new AbortController();
  const done: string[] = [];
  const works = [
    turn.run(() => first.promise, never),
    turn.run(() => Promise.resolve(void done.push("given up")), abort.signal),
    turn.run(() => Promise.resolve(void done.push("last")), never),
  ];
  abort.abort(new Error("The viewer left"));
  await assertRejects(() => works[1]!, Error, "The viewer left");
  first.resolve();
  await Promise.all([works[0], works[2]]);
  assertEquals(done, ["last"]);
});

Deno.test("a task that has begun is awaited even if its signal aborts", async () => {
  const turn = new Turn();
  const abort = new AbortController();
  const begun = Promise.withResolvers<void>();
  const end = Promise.withResolvers<string>();
  const work = turn.run(() => (begun.resolve(), end.promise), abort.signal);
  await begun.promise;
  abort.abort(new Error("The viewer left"));
  end.resolve("ended by itself");
  assertEquals(await work, "ended by itself");
});

Deno.test("after a task that fails, the next one runs", async () => {
  const turn = new Turn();
  const failing = turn.run(() => Promise.reject(new Error("no")), never);
  const next = turn.run(() => Promise.resolve("yes"), never);
  await assertRejects(() => failing, Error, "no");
  assertEquals(await next, "yes");
});
