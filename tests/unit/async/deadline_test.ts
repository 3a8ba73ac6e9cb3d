import { assertEquals, assertRejects } from "@std/assert";
import { startDeadline } from "../../../src/async/deadline.ts";
import { waitAtMost } from "../../../src/async/wait_at_most.ts";

const late = () => new Error("late");
const never = new Promise<never>(() => {});

Deno.test("a deadline passes on what is ready before it, and what fails", async () => {
  const deadline = startDeadline(60_000, new AbortController().signal);
  assertEquals(await deadline.guard(Promise.resolve(1), late), 1);
  await assertRejects(() => deadline.guard(Promise.reject(new Error("no")), late), Error, "no");
  deadline.clear();
});

Deno.test("a deadline throws when it is over, for every await after it as well", async () => {
  const deadline = startDeadline(1, new AbortController().signal);
  await assertRejects(() => deadline.guard(never, late), Error, "late");
  await assertRejects(() => deadline.guard(Promise.resolve(1), late), Error, "late");
  deadline.clear();
});

Deno.test("a deadline throws the signal's reason, also when that aborted before it began", async () => {
  const abort = new AbortController();
  const running = startDeadline(60_000, abort.signal);
  const guarded = assertRejects(() => running.guard(never, late), Error, "The viewer left");
  abort.abort(new Error("The viewer left"));
  await guarded;
  running.clear();
  const begun = startDeadline(60_000, abort.signal);
  await assertRejects(() => begun.guard(never, late), Error, "The viewer left");
  begun.clear();
});

Deno.test("waitAtMost() resolves with the work or with the time, and throws what the work throws", async () => {
  await waitAtMost(Promise.resolve(), 60_000);
  await waitAtMost(never, 1);
  await assertRejects(() => waitAtMost(Promise.reject(new Error("no")), 60_000), Error, "no");
});
