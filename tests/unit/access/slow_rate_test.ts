import { assertEquals, assertLessOrEqual, assertRejects } from "@std/assert";
import { SlowRate } from "../../../src/access/slow_rate.ts";
import { openAccessStores } from "../../../src/access/stores.ts";
import { PortholeError } from "../../../src/errors.ts";
import { createMemoryStores } from "../../../src/store/memory_stores.ts";

function makeRig() {
  const clock = { ms: 0 };
  const now = () => clock.ms;
  const store = openAccessStores(createMemoryStores({ now })).accountRates;
  return { clock, store, rate: new SlowRate({ store, most: 3, intervalMs: 60_000, now }) };
}

Deno.test("SlowRate admits some tries at once, and then one for each interval", async () => {
  const { clock, rate } = makeRig();
  for (let tries = 0; tries < 3; tries++) await rate.begin("ada");
  for (const [waitedMs, retryAfterMs] of [[0, 60_000], [45_000, 15_000]] as const) {
    clock.ms += waitedMs;
    for (const ask of [() => rate.check("ada"), () => rate.begin("ada")]) {
      assertEquals((await assertRejects(ask, PortholeError)).retryAfterMs, retryAfterMs);
    }
  }
  await rate.begin("bob");
  clock.ms += 15_000;
  await rate.begin("ada");
  await assertRejects(() => rate.begin("ada"), PortholeError, "Too many failed attempts");
});

Deno.test("SlowRate takes tries back, and forgets a name that has made none for long enough", async () => {
  const { clock, rate, store } = makeRig();
  for (let tries = 0; tries < 3; tries++) await rate.begin("ada");
  await rate.forgive("ada", 2);
  assertEquals(await rate.begin("ada"), 2);
  await rate.forgive("ada", 5);
  assertEquals(await store.list(), []);
  await rate.begin("ada");
  clock.ms += 60_000;
  assertEquals(await store.list(), []);
});

Deno.test("a clock that is set back locks nobody out until it has caught up", async () => {
  const { clock, rate } = makeRig();
  clock.ms = 3_000 * 86_400_000;
  for (let tries = 0; tries < 3; tries++) await rate.begin("ada");
  clock.ms = 0;
  await rate.check("ada");
  assertEquals(await rate.begin("ada"), 1);
});

Deno.test("no number of invented names pushes the tries of a name out, or takes more than a fixed room", async () => {
  const { rate, store } = makeRig();
  for (let tries = 0; tries < 3; tries++) await rate.begin("ada");
  for (let name = 0; name < 100_000; name++) await rate.begin(`name ${name}`).catch(() => {});
  assertLessOrEqual((await store.list()).length, 65_536);
  await assertRejects(() => rate.check("ada"), PortholeError);
});
