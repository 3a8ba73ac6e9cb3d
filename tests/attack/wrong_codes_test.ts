/** Somebody who has the password guesses codes of two-factor authentication. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { TOTP } from "otpauth";

import { openFileStores } from "../../src/store/file_stores.ts";
import { FormBrowser } from "../fakes/form_browser.ts";
import { startGateway } from "../fakes/gateway.ts";
import { hashCheaply } from "../fakes/hash_cheaply.ts";

const SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const PASSWORD = "correct horse";
const YAML = `auth: { users: { ada: { password: "${await hashCheaply(PASSWORD)}", totp: ${SECRET} } } }
gateway: { trusted_proxies: [127.0.0.1] }
limits: { sign_ins_per_minute: 10000 }
sources: { pi: 127.0.0.1:1 }
`;

/** A clock that moves only when a test says so: no wait is over however slow the machine is. */
function makeClock() {
  const clock = { ms: Date.now() };
  return { clock, now: () => clock.ms };
}

const codeAt = (timestamp: number) => new TOTP({ secret: SECRET }).generate({ timestamp });

/** Codes that are wrong at this time. */
function pickWrong(timestamp: number): string[] {
  const right = [-30_000, 0, 30_000].map((off) => codeAt(timestamp + off));
  return ["000000", "000001", "000002", "000003", "000004", "000005", "000006", "000007", "000008"]
    .filter((code) => !right.includes(code)).slice(0, 5);
}

Deno.test("however the password and codes are sent, five wrong codes are compared and the account waits", async () => {
  const { clock, now } = makeClock();
  await using rig = await startGateway(YAML, { now });
  const wrong = pickWrong(clock.ms);
  const guess = (at: number) => {
    return new FormBrowser(rig, `10.0.0.${at % 4}`).signInWithCode("ada", PASSWORD, wrong[at % 5]!);
  };
  const statuses = await Promise.all(Array.from({ length: 16 }, (_, at) => guess(at)));
  for (let at = 0; at < 8; at++) statuses.push(await guess(at));
  assertEquals(statuses.filter((status) => status === 401).length, 5);
  assertEquals(statuses.filter((status) => status === 429).length, 19);
  assertEquals(await new FormBrowser(rig, "10.0.0.9").signInWithCode("ada", PASSWORD, codeAt(clock.ms)), 429);
  const locked = rig.gateway.audit.list(100).filter(({ event }) => event === "codes_locked");
  assertEquals(locked.map(({ who, outcome, detail }) => [who, outcome, detail]), [
    ["ada", "limit_reached", "5 wrong codes"],
  ]);
});

Deno.test("the wait is five minutes, then twice as long after each wrong code, and a sign-in ends it", async () => {
  const { clock, now } = makeClock();
  await using rig = await startGateway(YAML, { now });
  const stranger = new FormBrowser(rig, "10.0.0.1");
  for (const code of pickWrong(clock.ms)) await stranger.signInWithCode("ada", PASSWORD, code);
  for (const minutes of [5, 10, 20, 40, 60, 60]) {
    const refused = await stranger.post("/sign-in", { name: "ada", password: PASSWORD });
    assertEquals([refused.status, refused.headers.get("retry-after")], [429, String(minutes * 60)]);
    assertStringIncludes(refused.body, `Too many wrong codes for this account: try again in ${minutes} minutes`);
    clock.ms += minutes * 60_000;
    assertEquals(await stranger.signInWithCode("ada", PASSWORD, pickWrong(clock.ms)[0]!), 401);
  }
  clock.ms += 60 * 60_000;
  const owner = new FormBrowser(rig, "10.0.0.2");
  assertEquals(await owner.signInWithCode("ada", PASSWORD, codeAt(clock.ms)), 303);
  for (const code of pickWrong(clock.ms)) assertEquals(await stranger.signInWithCode("ada", PASSWORD, code), 401);
  assertEquals(await stranger.signInWithCode("ada", PASSWORD, "000000"), 429);
});

Deno.test("the owner signs in with the browser they use, reads of it on /account, and says that they have seen it", async () => {
  const { clock, now } = makeClock();
  await using rig = await startGateway(YAML, { now });
  const owner = new FormBrowser(rig, "10.0.0.2");
  assertEquals(await owner.signInWithCode("ada", PASSWORD, codeAt(clock.ms)), 303);
  await owner.signOut();
  clock.ms += 30_000;
  for (const code of pickWrong(clock.ms)) {
    await new FormBrowser(rig, "10.0.0.1").signInWithCode("ada", PASSWORD, code);
  }
  assertEquals(await owner.signInWithCode("ada", PASSWORD, codeAt(clock.ms)), 303);
  const { body } = await owner.get("/account");
  assertMatch(body, /5 wrong codes were entered for your account\.[^.]*from 10\.0\.0\.1 at 20/);
  assertEquals((await owner.post("/account/code-warning/dismiss")).status, 303);
  assert(!(await owner.get("/account")).body.includes("wrong codes"));
});

Deno.test("a restart forgets neither the wait nor the warning, nor which codes were used", async () => {
  const { clock, now } = makeClock();
  const folder = await Deno.makeTempDir();
  try {
    const owner = { cookies: undefined as FormBrowser | undefined };
    const used = codeAt(clock.ms);
    {
      await using rig = await startGateway(YAML, { now, stores: openFileStores({ folder, now }) });
      owner.cookies = new FormBrowser(rig, "10.0.0.2");
      assertEquals(await owner.cookies.signInWithCode("ada", PASSWORD, used), 303);
      const wrong = await Promise.all(
        pickWrong(clock.ms).map((code) => new FormBrowser(rig, "10.0.0.1").signInWithCode("ada", PASSWORD, code)),
      );
      assertEquals(wrong, [401, 401, 401, 401, 401]);
    }
    await using rig = await startGateway(YAML, { now, stores: openFileStores({ folder, now }) });
    assertEquals(
      await new FormBrowser(rig, "10.0.0.1").signInWithCode("ada", PASSWORD, codeAt(clock.ms + 30_000)),
      429,
    );
    const browser = new FormBrowser(rig, "10.0.0.2");
    browser.copyCookies(owner.cookies);
    assertStringIncludes((await browser.get("/account")).body, "wrong codes were entered");
    assertEquals(await browser.signInWithCode("ada", PASSWORD, used), 401);
    assertEquals(await browser.signInWithCode("ada", PASSWORD, codeAt(clock.ms + 30_000)), 303);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
