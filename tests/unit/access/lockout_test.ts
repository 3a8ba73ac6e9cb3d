import { assert, assertEquals, assertRejects } from "@std/assert";
import { Lockout } from "../../../src/access/lockout.ts";
import { openAccessStores } from "../../../src/access/stores.ts";
import { PortholeError } from "../../../src/errors.ts";
import { createMemoryStores } from "../../../src/store/memory_stores.ts";

function makeRig() {
  const clock = { ms: 0 };
  const now = () => clock.ms;
  const store = openAccessStores(createMemoryStores({ now })).lockedAccounts;
  return { clock, lockout: new Lockout({ store, free: 3, now }) };
}

const waitOf = async (lockout: Lockout, key = "ada") =>
  (await assertRejects(() => lockout.check(key), PortholeError)).retryAfterMs;

Deno.test("Lockout allows a few wrong tries, then doubles the wait up to fifteen minutes", async () => {
  const { clock, lockout } = makeRig();
  for (let wrong = 0; wrong < 3; wrong++) {
    await lockout.begin("ada");
  }
  const waits: (number | undefined)[] = [];
  for (let wrong = 0; wrong < 12; wrong++) {
    const wait = await waitOf(lockout);
    waits.push(wait);
    await assertRejects(() => lockout.begin("ada"), PortholeError);
    clock.ms += wait!;
    await lockout.begin("ada");
  }
  assertEquals(waits.slice(0, 4), [1_000, 2_000, 4_000, 8_000]);
  assertEquals(waits.at(-1), 900_000);
  await lockout.check("bob");
});

Deno.test("Lockout forgets wrong tries after a right one, and an hour after the last wrong one", async () => {
  const { clock, lockout } = makeRig();
  const failOften = async () => {
    for (let wrong = 0; wrong < 3; wrong++) await lockout.begin("ada");
  };
  await failOften();
  await lockout.forgive("ada", 3);
  await lockout.check("ada");
  await failOften();
  clock.ms += 3_600_000;
  await lockout.begin("ada");
  await lockout.check("ada");
});

Deno.test("Lockout forgives as many wrong tries as it is told", async () => {
  const { lockout } = makeRig();
  for (let wrong = 0; wrong < 3; wrong++) await lockout.begin("ada");
  await lockout.forgive("ada", 1);
  assertEquals(await lockout.begin("ada"), 3);
  await lockout.forgive("nobody", 1);
  assertEquals(await lockout.count("nobody"), 0);
});

Deno.test("a clock that is set back locks nobody out until it has caught up", async () => {
  const { clock, lockout } = makeRig();
  clock.ms = 3_000 * 86_400_000;
  for (let wrong = 0; wrong < 3; wrong++) await lockout.begin("ada");
  clock.ms = 0;
  await lockout.check("ada");
  await lockout.begin("ada");
  assertEquals(await waitOf(lockout), 2_000);
});

Deno.test("Lockout holds a bounded number of keys", async () => {
  const { lockout } = makeRig();
  for (let wrong = 0; wrong < 3; wrong++) await lockout.begin("first");
  for (let key = 0; key < 10_001; key++) await lockout.begin(`key ${key}`);
  await lockout.check("first");
  for (let wrong = 0; wrong < 3; wrong++) await lockout.begin("last");
  assert((await waitOf(lockout, "last"))! > 0);
});
