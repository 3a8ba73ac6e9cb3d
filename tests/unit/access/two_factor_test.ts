import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { TOTP } from "otpauth";
import { TwoFactor, type TwoFactorSecret } from "../../../src/access/two_factor.ts";
import { createMemoryStore } from "../../../src/access/store.ts";
import { Secret } from "../../../src/config/secret.ts";

const ADA = { name: "ada", passwordHash: "", groups: [] };

function makeRig() {
  const clock = { ms: 1_800_000_000_000 };
  const store = createMemoryStore<Readonly<Record<string, TwoFactorSecret>>>({});
  return { clock, store, steps: new TwoFactor({ store, now: () => clock.ms }) };
}

const codeAt = (secret: string, timestamp: number) => new TOTP({ secret }).generate({ timestamp });

Deno.test("TwoFactor agree with RFC 6238's test vector", async () => {
  const { clock, steps } = makeRig();
  clock.ms = 1_111_111_109_000;
  const totp = new Secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
  assert(await steps.check({ ...ADA, totp }, "081804"));
});

Deno.test("a setup counts only after the app's first code, and that code counts once", async () => {
  const { clock, steps } = makeRig();
  const { secret, uri } = await steps.offer("ada");
  assertStringIncludes(uri, `secret=${secret}`);
  assertEquals((await steps.offer("ada")).secret, secret);
  assert(
    !await steps.has(ADA) && !await steps.confirm("ada", "000000") &&
      !await steps.confirm("bob", codeAt(secret, clock.ms)),
  );
  assert(await steps.confirm("ada", codeAt(secret, clock.ms)) && await steps.has(ADA));
  assert(!await steps.check(ADA, codeAt(secret, clock.ms)));
  clock.ms += 30_000;
  assert(await steps.check(ADA, codeAt(secret, clock.ms)) && !await steps.check(ADA, codeAt(secret, clock.ms)));
  assert(!await steps.check(ADA, codeAt(secret, clock.ms - 30_000)), "an older code after a newer one");
  await steps.remove("ada");
  assert(!await steps.has(ADA));
});

Deno.test("a clock may be one step off, and not two", async () => {
  for (const [off, right] of [[-60, false], [-30, true], [0, true], [30, true], [60, false]] as const) {
    const { clock, store, steps } = makeRig();
    const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    store.save({ ada: { secret, lastStep: 0 } });
    assertEquals(await steps.check(ADA, codeAt(secret, clock.ms + off * 1000)), right, `${off} s`);
  }
});

Deno.test("what is no code is refused, and a person called __proto__ harms nobody", async () => {
  const { steps, clock } = makeRig();
  const { secret } = await steps.offer("__proto__");
  assert(await steps.confirm("__proto__", codeAt(secret, clock.ms)));
  assert(!await steps.has(ADA));
  for (const code of ["", "12345", "1234567", "abcdef", "１２３４５６", "-12345"]) {
    assert(!await steps.check(ADA, code));
  }
});
