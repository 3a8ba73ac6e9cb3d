import { assertEquals, assertRejects } from "@std/assert";
import { createPasswordCheck } from "../../../src/access/password.ts";
import { PortholeError } from "../../../src/errors.ts";
import { SOME_HASH } from "../../fakes/callers.ts";

Deno.test("sixteen checks of passwords may wait; a further one is told to come back, and finds room afterwards", async () => {
  const check = createPasswordCheck();
  try {
    const waiting = Array.from({ length: 16 }, () => check.fits("wrong", SOME_HASH));
    const refused = await assertRejects(() => check.fits("wrong", SOME_HASH), PortholeError);
    assertEquals([refused.code, refused.retryAfterMs], ["limit_reached", 2_000]);
    assertEquals(await Promise.all(waiting), waiting.map(() => false));
    assertEquals(await check.fits("wrong", SOME_HASH), false);
  } finally {
    check.close();
  }
});
