/** Two-factor authentication on the account page: how a user turns it on and off. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { TOTP } from "otpauth";
import { Secret } from "../../src/config/secret.ts";
import { COOKIES, type GuardedGateway, startGuarded } from "../fakes/callers.ts";
import { type RawAnswer, sendRaw } from "../fakes/raw_http.ts";

const SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

/** Posts a form of the account page as ada. */
function post({ port, origin }: GuardedGateway, path: string, code = ""): Promise<RawAnswer> {
  return sendRaw(port, {
    method: "POST",
    path: `/account/two-factor${path}`,
    body: `code=${code}`,
    headers: {
      "Content-Type": "application/x-www-form-urlencoded",
      Accept: "text/html",
      Origin: origin,
      Cookie: `porthole=${COOKIES.ada}`,
    },
  });
}

/** The code of now, or of as many steps of 30 s later. */
const codeOf = (secret: string, later = 0) => new TOTP({ secret }).generate({ timestamp: Date.now() + later * 30_000 });

/** A code that is not one of those. */
function pickOther(codes: string[]): string {
  return ["000000", "000001", "000002", "000003"].find((code) => !codes.includes(code))!;
}

async function offer(rig: GuardedGateway): Promise<string> {
  const { body } = await post(rig, "");
  assertStringIncludes(body, "<svg");
  assertStringIncludes(body, "otpauth://totp/");
  return /<code>([A-Z2-7]{32})<\/code>/.exec(body)?.[1] ?? "";
}

/** Turns it on; `used` is the code that did. */
async function setUp(rig: GuardedGateway): Promise<{ secret: string; used: string }> {
  const secret = await offer(rig);
  const used = codeOf(secret);
  assertEquals((await post(rig, "/confirm", used)).status, 303);
  return { secret, used };
}

/** Sets up two-factor authentication in sources.yaml for ada. */
function fix(rig: GuardedGateway): void {
  const { auth } = rig.live.current;
  if (auth.mode === "none") throw new Error("Nobody has to sign in");
  const users = new Map([...auth.users, ["ada", { ...auth.users.get("ada")!, totp: new Secret(SECRET) }]]);
  rig.live.current = { ...rig.live.current, auth: { ...auth, users } };
}

function readEvents(rig: GuardedGateway): string[] {
  return rig.gateway.audit.list(10).map(({ event }) => event).filter((event) => event.startsWith("two_factor"));
}

Deno.test("a user turns two-factor authentication on with the first code of the app", async () => {
  await using rig = await startGuarded();
  const secret = await offer(rig);
  const wrong = await post(rig, "/confirm", pickOther([codeOf(secret, -1), codeOf(secret), codeOf(secret, 1)]));
  assertEquals([wrong.status, await rig.stores.twoFactor.get("ada"), readEvents(rig)], [400, undefined, []]);
  assertEquals((await post(rig, "/confirm", codeOf(secret))).status, 303);
  assertEquals((await rig.stores.twoFactor.get("ada"))?.secret, secret);
  assertEquals(readEvents(rig), ["two_factor_enabled"]);
});

Deno.test("two-factor authentication that is on is neither offered nor set up again", async () => {
  await using rig = await startGuarded();
  const { secret } = await setUp(rig);
  const { body } = await post(rig, "");
  assertStringIncludes(body, "To turn it off, enter a code");
  assertEquals(body.includes("otpauth:"), false);
  const again = await post(rig, "/confirm", codeOf(secret, 1));
  assertEquals([again.status, (await rig.stores.twoFactor.get("ada"))?.secret], [403, secret]);
  assertMatch(again.body, /Two-factor authentication is already on/);
});

Deno.test("turning two-factor authentication off takes a code that is right and new", async () => {
  await using rig = await startGuarded();
  const { secret, used } = await setUp(rig);
  const wrong = pickOther([codeOf(secret, -1), used, codeOf(secret, 1)]);
  for (const code of ["", wrong, used]) assertEquals((await post(rig, "/remove", code)).status, 400);
  assert((await rig.stores.twoFactor.get("ada"))?.secret !== undefined);
  assertEquals((await post(rig, "/remove", codeOf(secret, 1))).status, 303);
  assertEquals(await rig.stores.twoFactor.get("ada"), undefined);
  assertEquals(readEvents(rig), ["two_factor_disabled", "two_factor_enabled"]);
});

Deno.test("two-factor authentication of sources.yaml cannot be changed on the page, even by a setup under way", async () => {
  await using rig = await startGuarded();
  const secret = await offer(rig);
  fix(rig);
  assertStringIncludes((await post(rig, "")).body, "It was set up by your administrator");
  assertEquals((await post(rig, "/confirm", codeOf(secret))).status, 403);
  assertEquals((await post(rig, "/remove", codeOf(SECRET))).status, 400);
  assertEquals(readEvents(rig), []);
});
