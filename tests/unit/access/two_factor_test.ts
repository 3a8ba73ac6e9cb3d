import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { TOTP } from "otpauth";
import { openAccessStores } from "../../../src/access/stores.ts";
import { TwoFactor } from "../../../src/access/two_factor.ts";
import { Secret } from "../../../src/config/secret.ts";
import { createMemoryStores } from "../../../src/store/memory_stores.ts";

const ADA = { name: "ada", passwordHash: "", groups: [] };
/** That of RFC 6238's test vectors, in base32. */
const SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

function makeRig() {
  const clock = { ms: 1_800_000_000_000 };
  const now = () => clock.ms;
  const stores = openAccessStores(createMemoryStores({ now }));
  return { clock, stores, twoFactor: new TwoFactor({ stores, now }) };
}

const codeAt = (secret: string, timestamp: number) => new TOTP({ secret }).generate({ timestamp });

Deno.test("TwoFactor agrees with RFC 6238's test vector", async () => {
  const { clock, twoFactor } = makeRig();
  clock.ms = 1_111_111_109_000;
  assert(await twoFactor.check({ ...ADA, totp: new Secret(SECRET) }, "081804"));
});

Deno.test("a setup is complete only after the app's first code, and each code is accepted once", async () => {
  const { clock, twoFactor } = makeRig();
  const { secret, uri } = await twoFactor.offer("ada");
  assertStringIncludes(uri, `secret=${secret}`);
  assertEquals((await twoFactor.offer("ada")).secret, secret);
  assert(!await twoFactor.has(ADA) && !await twoFactor.confirm("ada", "000000"));
  assert(!await twoFactor.confirm("bob", codeAt(secret, clock.ms)));
  assert(await twoFactor.confirm("ada", codeAt(secret, clock.ms)) && await twoFactor.has(ADA));
  assert(!await twoFactor.check(ADA, codeAt(secret, clock.ms)));
  clock.ms += 30_000;
  assert(await twoFactor.check(ADA, codeAt(secret, clock.ms)));
  assert(!await twoFactor.check(ADA, codeAt(secret, clock.ms)));
  assert(!await twoFactor.check(ADA, codeAt(secret, clock.ms - 30_000)), "an older code after a newer one");
  await twoFactor.remove("ada");
  assert(!await twoFactor.has(ADA));
});

Deno.test("of ten uses of one code at once, one is accepted, wherever the secret comes from", async () => {
  const { clock, stores, twoFactor } = makeRig();
  await stores.twoFactor.put("ada", { secret: SECRET, lastStep: 0 });
  for (const user of [ADA, { ...ADA, name: "bob", totp: new Secret(SECRET) }]) {
    const code = codeAt(SECRET, clock.ms);
    const accepted = await Promise.all(Array.from({ length: 10 }, () => twoFactor.check(user, code)));
    assertEquals(accepted.filter(Boolean).length, 1, user.name);
  }
});

Deno.test("of ten confirmations of one setup at once, one is accepted", async () => {
  const { clock, stores, twoFactor } = makeRig();
  const { secret } = await twoFactor.offer("ada");
  const code = codeAt(secret, clock.ms);
  const confirmed = await Promise.all(Array.from({ length: 10 }, () => twoFactor.confirm("ada", code)));
  assertEquals(confirmed.filter(Boolean).length, 1);
  assertEquals((await stores.twoFactor.get("ada"))?.secret, secret);
});

Deno.test("setups begun at once in two windows offer one secret, for an hour", async () => {
  const { clock, twoFactor } = makeRig();
  const [one, other] = await Promise.all([twoFactor.offer("ada"), twoFactor.offer("ada")]);
  assertEquals(one, other);
  clock.ms += 3_600_000;
  assert(!await twoFactor.confirm("ada", codeAt(one.secret, clock.ms)));
  assert((await twoFactor.offer("ada")).secret !== one.secret);
});

Deno.test("a clock may be one step off, but not two", async () => {
  for (const [off, right] of [[-60, false], [-30, true], [0, true], [30, true], [60, false]] as const) {
    const { clock, stores, twoFactor } = makeRig();
    await stores.twoFactor.put("ada", { secret: SECRET, lastStep: 0 });
    assertEquals(await twoFactor.check(ADA, codeAt(SECRET, clock.ms + off * 1000)), right, `${off} s`);
  }
});

Deno.test("text that is not a code is refused, and a user called __proto__ is a user like any other", async () => {
  const { twoFactor, clock } = makeRig();
  const { secret } = await twoFactor.offer("__proto__");
  assert(await twoFactor.confirm("__proto__", codeAt(secret, clock.ms)));
  assert(!await twoFactor.has(ADA));
  for (const code of ["", "12345", "1234567", "abcdef", "１２３４５６", "-12345"]) {
    assert(!await twoFactor.check(ADA, code));
  }
});
