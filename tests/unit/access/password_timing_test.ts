/** How long a wrong password takes says nothing about whether the name exists. */
import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { createPasswordCheck, hashPassword, makeDecoy } from "../../../src/access/password.ts";
import { SOME_HASH } from "../../fakes/callers.ts";
import { makePasswordRig } from "../../fakes/password_rig.ts";

const TRIES = 200;
const ON = { sender: "10.0.0.1", isKnown: false };

const median = (times: number[]) => times.toSorted((a, b) => a - b)[times.length >> 1]!;

/** The half of the times that lies around the median: what one try differs from the next by. */
function spread(times: number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.floor(times.length * 0.75)]! - sorted[Math.floor(times.length * 0.25)]!;
}

Deno.test("known and unknown names take the same time, within the noise of 200 tries", async () => {
  const check = createPasswordCheck();
  const users = new Map([["ada", { name: "ada", passwordHash: SOME_HASH, groups: [] }]]);
  const { signIn } = makePasswordRig({
    users,
    check,
    // Each try an hour after the one before: no lock stands in the way.
    now: (() => {
      let hours = 0;
      return () => (hours += 1) * 3_600_001;
    })(),
  });
  const times: Record<string, number[]> = { ada: [], eve: [] };
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const name = attempt % 2 === 0 ? "ada" : "eve";
    const startedAt = performance.now();
    await signIn.tryPassword({ name, password: "wrong", address: "10.0.0.1", readDevice: () => undefined }).catch(
      () => {},
    );
    times[name]!.push(performance.now() - startedAt);
  }
  check.close();
  const difference = Math.abs(median(times.ada!) - median(times.eve!));
  assertLess(difference, Math.max(spread(times.ada!), spread(times.eve!), 2));
});

Deno.test("the decoy costs as much as the costliest hash, and no password matches it", async () => {
  const hash = await hashPassword("x");
  assertEquals(makeDecoy([SOME_HASH, hash]).split("$").slice(0, 4), hash.split("$").slice(0, 4));
  assertEquals(makeDecoy([]).split("$").slice(0, 4), hash.split("$").slice(0, 4));
  const check = createPasswordCheck();
  assertEquals(await check.fits("", makeDecoy([SOME_HASH]), ON), false);
  check.close();
});

Deno.test("checking passwords does not block the event loop", async () => {
  const check = createPasswordCheck();
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  try {
    const hash = await hashPassword("x");
    turns = 0;
    await Promise.all(Array.from({ length: 8 }, () => check.fits("x", hash, ON)));
  } finally {
    clearInterval(timer);
    check.close();
  }
  // Each takes tens of milliseconds of a core: on this thread they would leave it a turn or two between them.
  assertGreater(turns, 24);
});
