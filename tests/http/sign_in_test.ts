/** Signing in over HTTP, with and without a two-factor authentication, and what keeps guesses out. */
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { TOTP } from "otpauth";
import { openLoginLink } from "../../src/access/login_link.ts";
import { hashPassword } from "../../src/access/password.ts";
import { openFileStores } from "../../src/store/file_stores.ts";
import { SOME_HASH, startGuarded } from "../fakes/callers.ts";
import { startGateway } from "../fakes/gateway.ts";
import { type RawAnswer, sendRaw } from "../fakes/raw_http.ts";

const HASH = await hashPassword("correct horse");
const PEOPLE = `auth: { users: { ada: { password: "${HASH}" }, bob: { password: "${SOME_HASH}" } } }
limits: { sign_ins_per_minute: 10000 }
sources: { pi: 127.0.0.1:1 }
`;
/** A clock that stands still, so that no wait is over however slow the machine is. */
const NOW = Date.now();

interface Rig {
  readonly port: number;
  readonly origin: string;
}

/** Posts a form as a browser does. */
function post(
  { port, origin }: Rig,
  path: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
) {
  return sendRaw(port, {
    method: "POST",
    path,
    body: String(new URLSearchParams(fields)),
    headers: { "Content-Type": "application/x-www-form-urlencoded", Accept: "text/html", Origin: origin, ...headers },
  });
}

const readCookie = ({ headers }: RawAnswer) => /^porthole=[^;]+/.exec(headers.get("set-cookie") ?? "")?.[0] ?? "";
const readTicket = ({ body }: RawAnswer) => /name="ticket" value="([^"]+)"/.exec(body)?.[1] ?? "";

Deno.test("a user signs in with a password, comes back to the page asked for, and signs out", async () => {
  await using rig = await startGateway(PEOPLE);
  const asked = await sendRaw(rig.port, { path: "/site/vnc/pi?full=1", headers: { Accept: "text/html" } });
  assertEquals(asked.status, 401);
  assertStringIncludes(asked.body, 'name="next" value="/site/vnc/pi?full=1"');
  const wrong = await post(rig, "/sign-in", { name: "ada", password: "wrong", next: "/" });
  assertEquals([wrong.status, readCookie(wrong)], [401, ""]);
  assertStringIncludes(wrong.body, "The name or the password is wrong");
  const right = await post(rig, "/sign-in", { name: "ada", password: "correct horse", next: "/site/vnc/pi?full=1" });
  assertEquals([right.status, right.headers.get("location")], [303, "./site/vnc/pi?full=1"]);
  const Cookie = readCookie(right);
  assertEquals((await sendRaw(rig.port, { path: "/api/sources", headers: { Cookie } })).status, 200);
  const out = await post(rig, "/sign-out", {}, { Cookie });
  assertMatch(out.headers.get("set-cookie") ?? "", /^porthole=; .*Max-Age=0/);
  assertEquals((await sendRaw(rig.port, { path: "/api/sources", headers: { Cookie } })).status, 401);
});

Deno.test("signing in does not redirect to another site", async () => {
  await using rig = await startGateway(PEOPLE);
  for (const next of ["//evil.example", "/\\evil.example", "https://evil.example/"]) {
    const right = await post(rig, "/sign-in", { name: "ada", password: "correct horse", next });
    assertEquals(right.headers.get("location"), "./", next);
  }
});

Deno.test("each sign-in sets a new cookie and ends the previous sign-in", async () => {
  await using rig = await startGateway(PEOPLE);
  const first = readCookie(
    await post(rig, "/sign-in", { name: "ada", password: "correct horse" }, { Cookie: "porthole=planted" }),
  );
  const second = readCookie(await post(rig, "/sign-in", { name: "ada", password: "correct horse" }, { Cookie: first }));
  assert(first !== second && first !== "porthole=planted");
  const statuses = [first, second].map(async (Cookie) =>
    (await sendRaw(rig.port, { path: "/api/sources", headers: { Cookie } })).status
  );
  assertEquals(await Promise.all(statuses), [401, 200]);
});

Deno.test("behind a trusted proxy with https the cookies are bound to the host", async () => {
  const yaml = PEOPLE.replace("sources:", "gateway: { trusted_proxies: [127.0.0.1] }\nsources:");
  await using rig = await startGateway(yaml);
  const proxied = { "X-Forwarded-Proto": "https", "X-Forwarded-Host": "vnc.local", Origin: "https://vnc.local" };
  const right = await post(rig, "/sign-in", { name: "ada", password: "correct horse" }, proxied);
  const rest = /=[\w-]{43}; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=/.source;
  assertMatch(
    right.headers.get("set-cookie") ?? "",
    new RegExp(`^__Host-porthole${rest}Lax, __Host-porthole-device-[0-9a-f]{12}${rest}Strict$`),
  );
});

Deno.test("two-factor authentication asks for a code after the password, and accepts a code once", async () => {
  const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
  await using rig = await startGateway(PEOPLE.replace(`"${HASH}"`, `"${HASH}", totp: ${secret}`));
  const first = await post(rig, "/sign-in", { name: "ada", password: "correct horse", next: "/account" });
  assertEquals([first.status, readCookie(first)], [200, ""]);
  const ticket = readTicket(first);
  const code = new TOTP({ secret }).generate();
  const wrong = await post(rig, "/sign-in/code", { ticket, code: code === "000000" ? "000001" : "000000" });
  assertEquals([wrong.status, readTicket(wrong)], [401, ticket]);
  const right = await post(rig, "/sign-in/code", { ticket, code, next: "/account" });
  assertEquals([right.status, right.headers.get("location")], [303, "../account"]);
  assert(readCookie(right) !== "");
  assertEquals((await post(rig, "/sign-in/code", { ticket, code })).status, 401);
  const again = readTicket(await post(rig, "/sign-in", { name: "ada", password: "correct horse" }));
  assertEquals((await post(rig, "/sign-in/code", { ticket: again, code })).status, 401);
});

Deno.test("wrong tries cause the same wait for names that exist and names that do not", async () => {
  await using rig = await startGateway(PEOPLE, { now: () => NOW });
  for (const name of ["bob", "nobody-of-that-name"]) {
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 6; attempt++) {
      statuses.push((await post(rig, "/sign-in", { name, password: "wrong" })).status);
    }
    assertEquals(statuses, [401, 401, 401, 401, 401, 429], name);
  }
  const refused = await post(rig, "/sign-in", { name: "bob", password: "wrong" });
  assertEquals(refused.headers.get("retry-after"), "1");
});

Deno.test("an address has to wait after wrong tries with many names", async () => {
  await using rig = await startGateway(PEOPLE, { now: () => NOW });
  const statuses: number[] = [];
  for (let attempt = 0; attempt < 17; attempt++) {
    statuses.push((await post(rig, "/sign-in", { name: `name${attempt}`, password: "wrong" })).status);
  }
  assertEquals([statuses.indexOf(429), statuses[14]], [15, 401]);
});

const ATTEMPTS: Record<string, (rig: Rig) => Promise<RawAnswer>> = {
  "by password": (rig) => post(rig, "/sign-in", { name: "eve", password: "x" }),
  "by login link": (rig) => post(rig, "/sign-in", { token: "x" }),
  "by share link": (rig) => post(rig, "/share", { secret: "x" }),
  "that begin at a provider": ({ port }) => sendRaw(port, { path: "/sign-in/oidc" }),
  "that come back from a provider": ({ port }) => sendRaw(port, { path: "/sign-in/oidc/callback?state=x&code=x" }),
};
for (const [how, attempt] of Object.entries(ATTEMPTS)) {
  Deno.test(`sign-in attempts ${how} are limited per address`, async () => {
    await using rig = await startGateway(PEOPLE.replace("10000", "2"));
    const answers = [await attempt(rig), await attempt(rig), await attempt(rig)];
    assertEquals(answers.map(({ status }) => status === 429), [false, false, true]);
    assert(Number(answers[2]?.headers.get("retry-after")) > 0);
  });
}

Deno.test("a refused sign-in is one line of the audit log, with up to 64 characters of the name, and one in the metrics", async () => {
  for (const headers of [{}, { Accept: "application/json" }]) {
    await using rig = await startGateway(PEOPLE);
    const answer = await post(rig, "/sign-in", { name: "x".repeat(80), password: "wrong" }, headers);
    assertEquals(answer.status, 401);
    const lines = rig.gateway.audit.list(10).map(({ event, who, from, what, outcome }) => [
      event,
      who,
      from,
      what,
      outcome,
    ]);
    assertEquals(lines, [["refused", "x".repeat(64), "127.0.0.1", "/sign-in", "sign_in_required"]]);
    assertMatch(await rig.gateway.metrics.render(), /porthole_refus\w*\{code="sign_in_required"\} 1\n/);
  }
});

Deno.test("only the newest login link signs users in", async () => {
  const data = await Deno.makeTempDir();
  try {
    const yaml = "gateway: { listen: 0.0.0.0:1 }\nsources: { pi: 127.0.0.1:1 }";
    await using rig = await startGateway(yaml, { stores: openFileStores({ folder: data }) });
    // As `start link` does, in a process of its own.
    const renew = () => openLoginLink(openFileStores({ folder: data })).renew();
    const old = await renew();
    const token = await renew();
    assertEquals((await post(rig, "/sign-in", { token: old })).status, 401);
    const right = await post(rig, "/sign-in", { token });
    assertEquals(right.status, 303);
    const bearer = await sendRaw(rig.port, { path: "/api/sources", headers: { Authorization: `Bearer ${token}` } });
    assertEquals(bearer.status, 200);
    const next = await renew();
    assertEquals((await post(rig, "/sign-in", { token })).status, 401);
    assertEquals((await post(rig, "/sign-in", { token: next })).status, 303);
    const lines = await Deno.readTextFile(`${data}/login-link.json`);
    assert(!lines.includes(next));
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});

Deno.test("without auth, on loopback, nobody has to sign in", async () => {
  await using rig = await startGateway("sources: { pi: 127.0.0.1:1 }");
  const at = (path: string, method = "GET") => sendRaw(rig.port, { path, method });
  assertEquals([(await at("/")).status, (await at("/api/sessions")).status, (await at("/metrics")).status], [
    200,
    200,
    200,
  ]);
  assertEquals((await at("/api/sessions/x", "DELETE")).status, 404);
  const signIn = await at("/sign-in");
  assertEquals([signIn.status, signIn.headers.get("location")], [303, "./"]);
});

Deno.test("the sizes of headers and bodies are limited", async () => {
  await using rig = await startGuarded();
  const big = await sendRaw(rig.port, { path: "/", headers: { "X-Big": "x".repeat(33_000) } });
  assertEquals(big.status, 431);
  assertEquals((await post(rig, "/sign-in", { name: "a".repeat(70_000) })).status, 413);
});
