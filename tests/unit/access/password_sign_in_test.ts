import { assert, assertEquals, assertRejects } from "@std/assert";
import { TOTP } from "otpauth";
import type { PasswordCheck } from "../../../src/access/password.ts";
import { markHash } from "../../../src/access/marks.ts";
import { Secret } from "../../../src/config/secret.ts";
import { PortholeError } from "../../../src/errors.ts";
import { makePasswordRig } from "../../fakes/password_rig.ts";

const SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const ADA = { name: "ada", passwordHash: "right", groups: [] };
const BOB = { ...ADA, name: "bob", totp: new Secret(SECRET) };

/** Signing in, with a check that says how many passwords it compared; the right password of everybody is "right". */
function makeRig() {
  const clock = { ms: 1_800_000_000_000 };
  const now = () => clock.ms;
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
  return { clock, count, during, users, ...makePasswordRig({ check, users, now }) };
}

const NO_DEVICE = () => undefined;
const attempt = (password: string, name = "ada", address = "10.0.0.1") => ({
  name,
  password,
  address,
  readDevice: NO_DEVICE,
});
/** A code from a browser that nobody has used yet. */
const attemptCode = (ticket: string, code: string) => ({ ticket, code, address: "10.0.0.1", readDevice: NO_DEVICE });

/** Signs a user in with a browser, which is known from then on. */
async function makeKnown({ devices }: ReturnType<typeof makeRig>, name: string) {
  const value = await devices.remember({ name, of: markHash("right"), signIn: `sign-in of ${name}` }, undefined);
  return (asked: string) => asked === name ? value : undefined;
}

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
  const give = () => signIn.tryCode(attemptCode(step.ticket, code));
  const { ok } = await tally(Array.from({ length: 5 }, give));
  assertEquals(ok, 1);
});

Deno.test("a ticket expires after five minutes, and when its user is removed or gets a new password", async () => {
  const { clock, signIn, users } = makeRig();
  const begin = async () => {
    const step = await signIn.tryPassword(attempt("right", "bob"));
    return "ticket" in step ? step.ticket : "";
  };
  const give = (ticket: string) => {
    const code = new TOTP({ secret: SECRET }).generate({ timestamp: clock.ms });
    return signIn.tryCode(attemptCode(ticket, code));
  };
  const late = await begin();
  clock.ms += 5 * 60_000;
  await assertRejects(() => give(late), PortholeError, "begin again");
  const old = await begin();
  users.set("bob", { ...BOB, passwordHash: "new" });
  await assertRejects(() => give(old), PortholeError, "begin again");
  users.set("bob", BOB);
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
    return signIn.tryCode(attemptCode(step.ticket, code));
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

Deno.test("a stranger's wrong passwords lock the account at the stranger's address only", async () => {
  const { signIn } = makeRig();
  for (let wrong = 0; wrong < 30; wrong++) await signIn.tryPassword(attempt("guess")).catch(() => {});
  await assertRejects(() => signIn.tryPassword(attempt("right")), PortholeError, "try again in 1 second");
  assertEquals(await signIn.tryPassword(attempt("right", "ada", "10.0.0.2")), { user: ADA });
});

Deno.test("with many addresses, an account takes one try a minute, except from a browser that it knows", async () => {
  const rig = makeRig();
  const { clock, count, signIn } = rig;
  const known = await makeKnown(rig, "ada");
  const guess = (at: number, name = "ada") => {
    return signIn.tryPassword(attempt("guess", name, `10.1.${at >> 8}.${at & 255}`));
  };
  for (const name of ["ada", "no-such-user"]) {
    const first = name === "ada" ? 0 : 1_000;
    const outcomes = await tally(Array.from({ length: 200 }, (_, at) => guess(first + at, name)));
    assertEquals(outcomes, { sign_in_required: 50, limit_reached: 150 });
  }
  assertEquals(count.compared, 100);
  const elsewhere = attempt("right", "ada", "10.9.9.9");
  const refused = await assertRejects(() => signIn.tryPassword(elsewhere), PortholeError);
  assertEquals(refused.retryAfterMs, 60_000);
  assertEquals(await signIn.tryPassword({ ...elsewhere, readDevice: known }), { user: ADA });
  clock.ms += 60_000;
  assertEquals(await tally([guess(2_000), guess(2_001)]), { sign_in_required: 1, limit_reached: 1 });
  assertEquals(await signIn.tryPassword({ ...attempt("right", "bob"), readDevice: known }).then(Object.keys), [
    "ticket",
  ]);
});

Deno.test("a known browser is locked by its own wrong passwords, and by no stranger at its address", async () => {
  const rig = makeRig();
  const { signIn } = rig;
  const known = await makeKnown(rig, "ada");
  const own = (password: string) => signIn.tryPassword({ ...attempt(password), readDevice: known });
  for (let wrong = 0; wrong < 40; wrong++) await signIn.tryPassword(attempt("guess", `n${wrong}`)).catch(() => {});
  await assertRejects(() => signIn.tryPassword(attempt("right")), PortholeError, "Too many");
  assertEquals(await own("right"), { user: ADA });
  const guesses = Array.from({ length: 20 }, () => own("guess"));
  assertEquals(await tally(guesses), { sign_in_required: 5, limit_reached: 15 });
  await assertRejects(() => own("right"), PortholeError, "Too many");
});

Deno.test("a right password does not clear the wrong ones of its address for other accounts", async () => {
  const { count, signIn } = makeRig();
  for (let round = 0; round < 20; round++) {
    await signIn.tryPassword(attempt("guess", `victim ${round}`)).catch(() => {});
    await signIn.tryPassword(attempt("right")).catch(() => {});
  }
  assertEquals(count.compared, 15 + 15 - 1, "the fifteenth wrong one locks the address");
});

Deno.test("a try that cannot be checked is not counted", async () => {
  const { during, signIn } = makeRig();
  during.compare = () => {
    throw new PortholeError("limit_reached", "The queue is full");
  };
  for (let full = 0; full < 70; full++) {
    await assertRejects(() => signIn.tryPassword(attempt("right")), PortholeError, "The queue is full");
  }
  during.compare = () => {};
  assertEquals(await signIn.tryPassword(attempt("right")), { user: ADA });
});

Deno.test("right passwords do not clear wrong codes: five are compared, however they are sent", async () => {
  for (const at of ["once", "a time"]) {
    const { clock, locked, signIn, secondStep } = makeRig();
    const totp = new TOTP({ secret: SECRET });
    const isWrong = (token: string) => totp.validate({ token, timestamp: clock.ms }) === null;
    const wrong = ["000000", "000001", "000002", "000003"].find(isWrong)!;
    const giveCode = async () => {
      const step = await signIn.tryPassword(attempt("right", "bob"));
      return await signIn.tryCode(attemptCode("ticket" in step ? step.ticket : "", wrong));
    };
    const outcomes: Record<string, number> = {};
    if (at === "once") Object.assign(outcomes, await tally(Array.from({ length: 40 }, giveCode)));
    for (let tries = 0; at === "a time" && tries < 40; tries++) {
      for (const [what, times] of Object.entries(await tally([giveCode()]))) {
        outcomes[what] = (outcomes[what] ?? 0) + times;
      }
    }
    assertEquals([outcomes, locked], [{ sign_in_required: 5, limit_reached: 35 }, ["bob 5"]], at);
    const refused = await assertRejects(giveCode, PortholeError, "Too many wrong codes for this account");
    assertEquals(refused.retryAfterMs, 5 * 60_000);
    assertEquals(await secondStep.findWarning("bob"), { wrong: 5, lastMs: clock.ms, address: "10.0.0.1" });
  }
});

Deno.test("the browser of the owner gives its code while a stranger with the password waits", async () => {
  const rig = makeRig();
  const { clock, signIn } = rig;
  const readDevice = await makeKnown(rig, "bob");
  const begin = async (more = {}) => {
    const step = await signIn.tryPassword({ ...attempt("right", "bob"), ...more });
    return "ticket" in step ? step.ticket : "";
  };
  const stranger = await begin();
  for (let wrong = 0; wrong < 5; wrong++) await signIn.tryCode(attemptCode(stranger, "x")).catch(() => {});
  await assertRejects(() => signIn.tryCode(attemptCode(stranger, "x")), PortholeError, "Too many wrong codes");
  const code = new TOTP({ secret: SECRET }).generate({ timestamp: clock.ms });
  const own = await begin({ readDevice });
  assertEquals((await signIn.tryCode({ ...attemptCode(own, code), readDevice })).name, "bob");
  await assertRejects(() => signIn.tryCode(attemptCode(stranger, "x")), PortholeError, "Too many wrong codes");
});

Deno.test("a user has ten tickets at most at one sender, and nobody else's tickets push them out", async () => {
  const { signIn, stores, users } = makeRig();
  users.set("eve", { ...BOB, name: "eve" });
  const begin = async (name: string, address: string) => {
    const step = await signIn.tryPassword(attempt("right", name, address));
    return "ticket" in step ? step.ticket : "";
  };
  const ticket = await begin("bob", "10.0.0.1");
  const first = await begin("eve", "10.0.0.2");
  for (let more = 0; more < 20; more++) await begin("eve", "10.0.0.2");
  assertEquals((await stores.tickets.list()).length, 11);
  for (let more = 0; more < 20; more++) await begin("bob", "10.0.0.2");
  assertEquals([await signIn.findName(ticket), await signIn.findName(first)], ["bob", undefined]);
});

Deno.test("a code that nobody could compare, or that was right but could not be saved, does not count", async () => {
  const { secondStep } = makeRig();
  const sender = { address: "10.0.0.1", device: undefined };
  const judge = (isRight: () => Promise<boolean>) => secondStep.judge("bob", sender, isRight);
  for (let at = 0; at < 10; at++) {
    await assertRejects(() => judge(() => Promise.reject(new PortholeError("not_stored", "The disk is full"))));
  }
  for (let wrong = 0; wrong < 5; wrong++) assertEquals(await judge(() => Promise.resolve(false)), false);
  await assertRejects(() => judge(() => Promise.resolve(true)), PortholeError, "Too many wrong codes");
});
