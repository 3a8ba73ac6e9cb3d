import { assert, assertEquals, assertThrows } from "@std/assert";
import { Lockout } from "../../../src/access/lockout.ts";
import { PortholeError } from "../../../src/errors.ts";

function makeRig() {
  const clock = { ms: 0 };
  return { clock, lockout: new Lockout({ free: 3, now: () => clock.ms }) };
}

const waitOf = (lockout: Lockout, key = "ada") => assertThrows(() => lockout.check(key), PortholeError).retryAfterMs;

Deno.test("Lockout lets a few wrong tries pass, then doubles the wait up to fifteen minutes", () => {
  const { clock, lockout } = makeRig();
  for (let wrong = 0; wrong < 3; wrong++) {
    lockout.check("ada");
    lockout.fail("ada");
  }
  const waits: (number | undefined)[] = [];
  for (let wrong = 0; wrong < 12; wrong++) {
    const wait = waitOf(lockout);
    waits.push(wait);
    clock.ms += wait!;
    lockout.check("ada");
    lockout.fail("ada");
  }
  assertEquals(waits.slice(0, 4), [1_000, 2_000, 4_000, 8_000]);
  assertEquals(waits.at(-1), 900_000);
  lockout.check("bob");
});

Deno.test("Lockout forgets after a right try, and an hour after the last wrong one", () => {
  const { clock, lockout } = makeRig();
  for (let wrong = 0; wrong < 9; wrong++) lockout.fail("ada");
  lockout.clear("ada");
  lockout.check("ada");
  for (let wrong = 0; wrong < 9; wrong++) lockout.fail("ada");
  clock.ms += 3_600_000;
  lockout.fail("ada");
  lockout.check("ada");
});

Deno.test("Lockout holds a bounded number of keys", () => {
  const { lockout } = makeRig();
  for (let wrong = 0; wrong < 4; wrong++) lockout.fail("first");
  for (let key = 0; key < 10_001; key++) lockout.fail(`key ${key}`);
  lockout.check("first");
  for (let wrong = 0; wrong < 4; wrong++) lockout.fail("last");
  assert(waitOf(lockout, "last")! > 0);
});
