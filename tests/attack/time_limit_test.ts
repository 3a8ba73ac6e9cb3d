/** What a session leaves behind: with thousands of quick ones, whatever stays for seconds adds up. */
import { assertEquals, assertStrictEquals } from "@std/assert";
import { limitTime } from "../../src/async/time_limit.ts";
import type { SourceConfig } from "../../src/config/config.ts";
import { loadConfig } from "../../src/config/load.ts";
import { createDemo } from "../../src/demo/connect.ts";
import { createDialer } from "../../src/source/dial/dial.ts";

/** Timers that count those that are still set. */
function countTimers() {
  const set = new Set<() => void>();
  return {
    set,
    start: (work: () => void) => {
      set.add(work);
      return () => void set.delete(work);
    },
  };
}

Deno.test("limitTime() leaves neither a timer nor a listener behind", () => {
  const timers = countTimers();
  const outer = new AbortController();
  let followers = 0;
  const { addEventListener, removeEventListener } = outer.signal;
  outer.signal.addEventListener = (...parts: Parameters<typeof addEventListener>) => {
    followers++;
    addEventListener.apply(outer.signal, parts);
  };
  outer.signal.removeEventListener = (...parts: Parameters<typeof removeEventListener>) => {
    followers--;
    removeEventListener.apply(outer.signal, parts);
  };
  {
    using limit = limitTime(1000, outer.signal, timers.start);
    assertEquals([timers.set.size, followers, limit.signal.aborted], [1, 1, false]);
  }
  assertEquals([timers.set.size, followers], [0, 0]);
});

Deno.test("limitTime() aborts when the time is up, and with the reason of the outer signal before", () => {
  const timers = countTimers();
  using late = limitTime(1000, undefined, timers.start);
  for (const work of timers.set) work();
  assertEquals([late.isOver, late.signal.reason.name], [true, "TimeoutError"]);
  const [outer, reason] = [new AbortController(), new Error("left")];
  using early = limitTime(1000, outer.signal, timers.start);
  outer.abort(reason);
  for (const work of timers.set) work();
  assertStrictEquals(early.signal.reason, reason);
  assertEquals(early.isOver, false);
});

Deno.test("a dial leaves no time limit behind", async () => {
  const { config } = await loadConfig({ text: "auth: none\nsources: { demo: { demo: true } }", env: () => undefined });
  const demo = createDemo();
  const dial = createDialer({ openDemo: () => demo.connect(), isDenied: () => false });
  const { timeout } = AbortSignal;
  let made = 0;
  AbortSignal.timeout = (ms) => {
    made++;
    return timeout.call(AbortSignal, ms);
  };
  try {
    // Until the sanitizer of this test looks, a timer of a dial would still be set.
    (await dial(config.sources.get("demo") as SourceConfig, new AbortController().signal)).close();
  } finally {
    AbortSignal.timeout = timeout;
  }
  assertEquals(made, 0);
});
