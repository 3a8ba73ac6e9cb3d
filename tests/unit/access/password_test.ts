import { assertEquals, assertRejects } from "@std/assert";
import { createPasswordCheck } from "../../../src/access/password.ts";
import { PortholeError } from "../../../src/errors.ts";
import { SOME_HASH } from "../../fakes/callers.ts";

Deno.test("thirty-two checks of passwords wait; a further one is told to come back, and finds room afterwards", async () => {
  const check = createPasswordCheck();
  const fits = (at: number) => check.fits("wrong", SOME_HASH, { sender: `10.0.0.${at}`, isKnown: false });
  try {
    const waiting = Array.from({ length: 33 }, (_, at) => fits(at));
    const refused = await assertRejects(() => fits(99), PortholeError);
    assertEquals([refused.code, refused.retryAfterMs], ["limit_reached", 2_000]);
    assertEquals(await Promise.all(waiting), waiting.map(() => false));
    assertEquals(await fits(99), false);
  } finally {
    check.close();
  }
});

Deno.test("an address that floods the queue displaces its own checks, and a known browser waits for no stranger", async () => {
  const check = createPasswordCheck();
  const done: string[] = [];
  const fits = async (sender: string, isKnown = false) => {
    await check.fits("wrong", SOME_HASH, { sender, isKnown });
    done.push(sender);
  };
  try {
    const flood = Array.from({ length: 200 }, () => fits("flood"));
    const others = [fits("a"), fits("b"), fits("known", true)];
    const refused = (await Promise.allSettled(flood)).filter(({ status }) => status === "rejected");
    await Promise.all(others);
    assertEquals(refused.length, 200 - 1 - 30, "one is being checked, and thirty wait beside two others");
    assertEquals(done.slice(0, 5), ["flood", "known", "flood", "a", "b"]);
  } finally {
    check.close();
  }
});
