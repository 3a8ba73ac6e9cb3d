import { assert, assertEquals, assertRejects } from "@std/assert";
import { TOTP } from "otpauth";
import type { PasswordCheck } from "../../../src/access/password.ts";
import { PasswordSignIn } from "../../../src/access/password_sign_in.ts";
import { openAccessStores } from "../../../src/access/stores.ts";
import { TwoFactor } from "../../../src/access/two_factor.ts";
import { Secret } from "../../../src/config/secret.ts";
import { PortholeError } from "../../../src/errors.ts";
import { createMemoryStores } from "../../../src/store/memory_stores.ts";
import { NO_LIMIT } from "../../fakes/no_limit.ts";

const SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const ADA = { name: "ada", passwordHash: "right", groups: [] };
const BOB = { ...ADA, name: "bob", totp: new Secret(SECRET) };

/** Signing in, with a check that says how many passwords it compared; the right password of everybody is "right". */
function makeRig() {
  const clock = { ms: 1_800_000_000_000 };
  const now = () => clock.ms;
  const stores = openAccessStores(createMemoryStores({ now }));
  const count = { compared: 0 };
  const during = { compare: () => {} };
  const check: PasswordCheck = {
    fits: async (password, hash) => {
      count.compared++;
      await Promise.resolve();
      during.compare();
      return password === hash;
    },
    close: () => {},
  };
  const users = new Map([[ADA.name, ADA], [BOB.name, BOB]]);
  const signIn = new PasswordSignIn({
    users: () => users,
    check,
    twoFactor: new TwoFactor({ stores, now }),
    stores,
    limit: NO_LIMIT,
    now,
  });
  return { clock, count, during, signIn, users };
}

const attempt = (password: string, name = "ada", address = "10.0.0.1") => ({ name, password, address });

/** How many of the attempts ended in which way. */
async function tally(attempts: Promise<unknown>[]): Promise<Record<string, number>> {
  const counted: Record<string, number> = {};
  for (const outcome of await Promise.allSettled(attempts)) {
    const what = outcome.status === "fulfilled" ? "ok" : (outcome.reason as PortholeError).code;
    counted[what] = (counted[what] ?? 0) + 1;
  }
  return counted;
}

Deno.test("of fifty guesses at once, as many are checked as of fifty in a row", async () => {
  const { count, signIn } = makeRig();
  const guesses = Array.from({ length: 50 }, (_, at) => signIn.tryPassword(attempt(`guess ${at}`)));
  assertEquals(await tally(guesses), { sign_in_required: 5, limit_reached: 45 });
  assertEquals(count.compared, 5);
});

Deno.test("of fifty guesses at once with fifty names from one address, fifteen are checked", async () => {
  const { signIn } = makeRig();
  const guesses = Array.from({ length: 50 }, (_, at) => signIn.tryPassword(attempt("guess", `name ${at}`)));
  assertEquals(await tally(guesses), { sign_in_required: 15, limit_reached: 35 });
});

Deno.test("an account that has to wait does not make other accounts at its address wait", async () => {
  const { signIn } = makeRig();
  for (let wrong = 0; wrong < 30; wrong++) await signIn.tryPassword(attempt("guess")).catch(() => {});
  assertEquals(await signIn.tryPassword(attempt("right", "bob")).then(Object.keys), ["ticket"]);
});

Deno.test("a right password clears the wrong tries before it", async () => {
  const { signIn } = makeRig();
  for (let round = 0; round < 5; round++) {
    for (let wrong = 0; wrong < 4; wrong++) await assertRejects(() => signIn.tryPassword(attempt("guess")));
    assertEquals(await signIn.tryPassword(attempt("right")), { user: ADA });
  }
});

Deno.test("a ticket and a code sign in once, even if sent many times at once", async () => {
  const { clock, signIn } = makeRig();
  const step = await signIn.tryPassword(attempt("right", "bob"));
  assert("ticket" in step);
  const code = new TOTP({ secret: SECRET }).generate({ timestamp: clock.ms });
  const give = () => signIn.tryCode({ ticket: step.ticket, code, address: "10.0.0.1" });
  const { ok } = await tally(Array.from({ length: 5 }, give));
  assertEquals(ok, 1);
});

Deno.test("a ticket expires after five minutes, and when its user is removed", async () => {
  const { clock, signIn, users } = makeRig();
  const begin = async () => {
    const step = await signIn.tryPassword(attempt("right", "bob"));
    return "ticket" in step ? step.ticket : "";
  };
  const give = (ticket: string) => {
    const code = new TOTP({ secret: SECRET }).generate({ timestamp: clock.ms });
    return signIn.tryCode({ ticket, code, address: "10.0.0.1" });
  };
  const late = await begin();
  clock.ms += 5 * 60_000;
  await assertRejects(() => give(late), PortholeError, "begin again");
  const orphan = await begin();
  users.delete("bob");
  await assertRejects(() => give(orphan), PortholeError, "begin again");
});

Deno.test("a ticket is over with its first right code", async () => {
  const { clock, signIn } = makeRig();
  const step = await signIn.tryPassword(attempt("right", "bob"));
  assert("ticket" in step);
  const give = () => {
    const code = new TOTP({ secret: SECRET }).generate({ timestamp: clock.ms });
    return signIn.tryCode({ ticket: step.ticket, code, address: "10.0.0.1" });
  };
  assertEquals((await give()).name, "bob");
  clock.ms += 60_000;
  await assertRejects(give, PortholeError, "begin again");
});

Deno.test("a password that is changed while the old one is checked does not sign in", async () => {
  const { during, signIn, users } = makeRig();
  during.compare = () => users.set("ada", { ...ADA, passwordHash: "new" });
  await assertRejects(() => signIn.tryPassword(attempt("right")), PortholeError, "The name or the password is wrong");
});

Deno.test("no more of a password is hashed than 1,024 characters", async () => {
  const { signIn, users } = makeRig();
  users.set("ada", { ...ADA, passwordHash: "x".repeat(1_024) });
  assertEquals(Object.keys(await signIn.tryPassword(attempt("x".repeat(100_000)))), ["user"]);
});
