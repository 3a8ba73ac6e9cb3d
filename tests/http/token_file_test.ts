/** Tokens of token files: what they open, and that nobody learns of them from the gateway. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { hashToken } from "../../src/access/opaque_token.ts";
import { markToken } from "../../src/config/source_token.ts";
import { createAudit } from "../../src/telemetry/audit.ts";
import { ADMIN, asUser, makeStores, TOKENS, writeGuardedYaml } from "../fakes/callers.ts";
import { startGateway } from "../fakes/gateway.ts";
import { sendRaw, UPGRADE } from "../fakes/raw_http.ts";
import { startTokenGateway, type TokenGateway } from "../fakes/token_gateway.ts";
import { waitUntil } from "../fakes/wait_until.ts";
import { openViewer } from "../fakes/web_viewer.ts";

const SECRET = "s3cret token/of ada+=@:ü";
const { name: NAME } = markToken(SECRET);
const ENCODED = encodeURIComponent(SECRET);

const ask = async (rig: TokenGateway, path: string, headers: Record<string, string> = {}) =>
  await sendRaw(rig.port, { path, headers });
const upgrade = async (rig: TokenGateway, path: string, headers: Record<string, string> = {}) =>
  (await ask(rig, path, { ...UPGRADE, ...headers })).status;

async function startGuardedTokens(more = "") {
  return await startTokenGateway({
    yaml: writeGuardedYaml(1).replaceAll("port: 1 ", "port: PORT ") + more,
    tokens: [SECRET],
    stores: await makeStores(),
  });
}

Deno.test("a token of any text opens its source, in the query and in place of a name", async () => {
  const tokens = ["1234/", "my pc", "aa:bb:cc", "QUJD+/==", "ada@pc", "_vm", "büro", "x".repeat(1024), SECRET];
  await using rig = await startTokenGateway({ tokens });
  for (const token of tokens) {
    const encoded = encodeURIComponent(token);
    for (const path of [`/websockify?token=${encoded}`, `/?token=${encoded}`, `/ws/vnc/${encoded}`]) {
      await using viewer = openViewer(rig.wsOrigin + path, ["binary"]);
      await viewer.until(({ byteCount }) => byteCount >= 12);
    }
    const page = await ask(rig, `/site/vnc/${encoded}`, { Accept: "text/html" });
    assertEquals(page.status, 200, token);
  }
  // As in a form, + is a space.
  assertEquals(await upgrade(rig, "/websockify?token=my+pc"), 101);
  assertEquals(await upgrade(rig, "/websockify?token=QUJD+/=="), 404);
});

Deno.test("the viewer page opens by the token with which it was itself opened", async () => {
  await using rig = await startTokenGateway({ tokens: ["a/b <i>"] });
  const { body } = await ask(rig, `/site/vnc/${encodeURIComponent("a/b <i>")}`, { Accept: "text/html" });
  assertStringIncludes(body, `data-source="a/b &lt;i&gt;"`);
});

Deno.test("without a sign-in, tokens are in no list, and their names open nothing", async () => {
  await using rig = await startTokenGateway({ yaml: "auth: none\nsources: { pi: 127.0.0.1:PORT }", tokens: [SECRET] });
  const { body } = await ask(rig, "/api/sources");
  assertEquals(JSON.parse(body).map(({ name }: { name: string }) => name), ["pi"]);
  assert(!(await ask(rig, "/", { Accept: "text/html" })).body.includes("token-"));
  const unknown = await ask(rig, "/api/sources/nobody");
  for (const path of [`/api/sources/${NAME}`, `/api/sources/${NAME}/probe`, `/api/sources/${NAME}/links`]) {
    const answer = await ask(rig, path);
    assertEquals([answer.status, answer.body], [404, unknown.body], path);
  }
  for (
    const path of [
      `/ws/vnc/${NAME}`,
      `/websockify?token=${NAME}`,
      `/?token=${rig.live.current.sources.get(NAME)?.tokenHash}`,
    ]
  ) {
    assertEquals(await upgrade(rig, path), 404, path);
  }
  // The only source is the one that lists show.
  assertEquals(await upgrade(rig, "/websockify"), 101);
  assertEquals((await ask(rig, `/api/sources/${ENCODED}/probe`)).status, 200);
});

Deno.test("a token alone is not the only source", async () => {
  await using rig = await startTokenGateway({ tokens: [SECRET] });
  assertEquals(await upgrade(rig, "/websockify"), 404);
  assertStringIncludes((await ask(rig, "/", { Accept: "text/html" })).body, "each opens with its token");
});

Deno.test("with a sign-in, only administrators see tokens, and a token is no sign-in", async () => {
  await using rig = await startGuardedTokens();
  const ada = asUser("ada", rig);
  const root = asUser("root", rig);
  for (const [headers, sees] of [[ada, false], [root, true], [ADMIN, true]] as const) {
    assertEquals((await ask(rig, "/api/sources", headers)).body.includes(NAME), sees);
    assertEquals((await ask(rig, `/api/sources/${NAME}`, headers)).status, sees ? 200 : 404);
    assertEquals((await ask(rig, `/site/vnc/${NAME}`, headers)).status, sees ? 200 : 404);
    assertEquals(await upgrade(rig, `/ws/vnc/${NAME}`, headers), sees ? 101 : 404);
    assertEquals(await upgrade(rig, `/websockify?token=${ENCODED}`, headers), 101);
    assertEquals((await ask(rig, `/site/vnc/${ENCODED}`, headers)).status, 200);
  }
  assertEquals(await upgrade(rig, `/websockify?token=${ENCODED}`), 401);
  // A program that may open one source only, and a guest who was invited to another, do not get further by a token.
  assertEquals(await upgrade(rig, `/websockify?token=${ENCODED}`, { Authorization: `Bearer ${TOKENS.ci}` }), 404);
  const guest = asUser("guest", rig);
  assertEquals(await upgrade(rig, `/websockify?token=${ENCODED}`, guest), 404);
});

Deno.test("a share link made with a token opens its source for a guest who does not know the token", async () => {
  await using rig = await startGuardedTokens();
  const ada = asUser("ada", rig);
  const made = await sendRaw(rig.port, {
    method: "POST",
    path: `/api/sources/${ENCODED}/links`,
    headers: { ...ada, "Content-Type": "application/json" },
    body: "{}",
  });
  assertEquals(made.status, 201);
  assert(!decodeURIComponent(made.body).includes(SECRET));
  const secret = new URL(JSON.parse(made.body).url).hash.slice(1);
  // Even one who is signed in, but without the token, comes in by the link.
  for (const headers of [{ Origin: rig.origin }, asUser("bob", rig)]) {
    const opened = await sendRaw(rig.port, {
      method: "POST",
      path: "/share",
      headers: { ...headers, "Content-Type": "application/x-www-form-urlencoded" },
      body: `secret=${secret}`,
    });
    const { pathname } = new URL(opened.headers.get("location")!, `${rig.origin}/share`);
    assertEquals([opened.status, pathname], [303, `/site/vnc/${NAME}`]);
    const cookie = { Cookie: opened.headers.get("set-cookie")!.split(";")[0]!, Origin: rig.origin };
    assertEquals((await ask(rig, `/site/vnc/${NAME}`, cookie)).status, 200);
    assertEquals(await upgrade(rig, `/ws/vnc/${NAME}`, cookie), 101);
  }
});

Deno.test("an API token for a token's source opens it, by token or by name", async () => {
  for (const source of [SECRET, NAME]) {
    await using rig = await startTokenGateway({
      yaml: `auth:\n  tokens: [{ name: t, hash: "sha256:${
        hashToken("b")
      }", scopes: [control], sources: ["${source}"] }]\nsources: {}`,
      tokens: [SECRET, "other"],
    });
    const bearer = { Authorization: "Bearer b" };
    assertEquals(await upgrade(rig, `/websockify?token=${ENCODED}`, bearer), 101);
    assertEquals(await upgrade(rig, "/websockify?token=other", bearer), 404);
  }
});

Deno.test("a token must match the whole hash, and not only its start, which is in the name", async () => {
  await using rig = await startGateway("auth: none\nsources: { pi: 127.0.0.1:1 }");
  const { current } = rig.live;
  const { name, tokenHash } = markToken(SECRET);
  const statuses = [];
  for (const hash of [tokenHash, name.slice("token-".length).padEnd(64, "0")]) {
    const source = { ...current.sources.get("pi")!, name, tokenHash: hash };
    rig.live.current = { ...current, sources: new Map([[name, source]]) };
    statuses.push((await sendRaw(rig.port, { path: `/api/sources/${ENCODED}` })).status);
  }
  assertEquals(statuses, [200, 404]);
});

Deno.test("a token that is used as soon as it is written opens, and one that was removed does not", async () => {
  await using rig = await startTokenGateway({ yaml: "auth: none\nlimits: { connects_per_minute: 1000 }\nsources: {}" });
  for (let at = 0; at < 20; at++) {
    await rig.write(`fresh-${at}`);
    assertEquals(await upgrade(rig, `/websockify?token=fresh-${at}`), 101, `${at}`);
    if (at > 0) assertEquals(await upgrade(rig, `/websockify?token=fresh-${at - 1}`), 404, `${at}`);
  }
  // A page is opened as soon as it has its token, too.
  await rig.write("page");
  assertEquals((await ask(rig, "/site/vnc/page", { Accept: "text/html" })).status, 200);
});

Deno.test("guessed tokens share one look at the files, and count as connections", async () => {
  await using rig = await startTokenGateway({
    yaml: "auth: none\nlimits: { connects_per_minute: 50 }\nsources: {}",
    tokens: [SECRET],
  });
  let reads = 0;
  const reload = rig.live.reload.bind(rig.live);
  rig.live.reload = () => (reads++, reload());
  await Promise.all(Array.from({ length: 40 }, (_, at) => upgrade(rig, `/websockify?token=guess-${at}`)));
  assert(reads <= 3, `${reads} reads`);
  const statuses = new Set<number>();
  for (let at = 0; at < 20; at++) statuses.add(await upgrade(rig, `/ws/vnc/guess-${at}`));
  assertEquals([...statuses], [404, 429]);
  assertEquals((await ask(rig, "/api/sources/guess")).status, 429);
  assertEquals((await ask(rig, "/site/vnc/guess")).status, 429);
});

Deno.test("tokens are in no log, audit log or metric, nor in a list of sessions", async () => {
  const audit = createAudit();
  await using rig = await startTokenGateway({
    yaml: "auth: none\nlimits: { per_source: 1, connects_per_minute: 1000 }\nsources: {}",
    tokens: [SECRET],
    audit,
  });
  for (const path of [`/websockify?token=${ENCODED}`, `/ws/vnc/${ENCODED}`]) {
    await using viewer = openViewer(rig.wsOrigin + path, ["binary"]);
    await viewer.until(({ byteCount }) => byteCount >= 12);
    assertEquals(await upgrade(rig, `/ws/vnc/${ENCODED}`), 429);
    assertEquals(await upgrade(rig, `/any?token=${ENCODED}`), 429);
    assertEquals(await upgrade(rig, `/ws/vnc/${ENCODED}`, { Origin: "https://evil.example" }), 403);
    await ask(rig, `/ws/vnc/${ENCODED}`);
    const { body } = await ask(rig, "/api/sessions");
    assertStringIncludes(body, NAME);
    assert(!body.includes(SECRET) && !body.includes(ENCODED));
    viewer.socket.close();
    await waitUntil(() => rig.gateway.registry.size === 0);
  }
  const written = JSON.stringify([rig.lines, await audit.list(1000), await rig.gateway.metrics.render()]);
  assertStringIncludes(written, NAME);
  for (const form of [SECRET, ENCODED, "s3cret", encodeURI(SECRET)]) assert(!written.includes(form), form);
});

Deno.test("where there are tokens, log and audit log have the name that stands for one in a path", async () => {
  const audit = createAudit();
  const yaml = "auth: none\nlimits: { connects_per_minute: 1 }\nsources: { pi: 127.0.0.1:PORT }";
  await using rig = await startTokenGateway({ yaml, tokens: ["other"], audit });
  const foreign = { ...UPGRADE, Origin: "https://evil.example" };
  await ask(rig, "/ws/vnc/guess", UPGRADE);
  await ask(rig, `/ws/vnc/${ENCODED}`, UPGRADE);
  await ask(rig, `/site/vnc/${ENCODED}`);
  await ask(rig, `/api/sources/${ENCODED}/links`);
  await ask(rig, "/ws/vnc/pi", foreign);
  await ask(rig, "/ws/vnc/%E0%A4", foreign);
  assertEquals(audit.list(10).reverse().map(({ outcome, what }) => [outcome, what]), [
    ["limit_reached", `/ws/vnc/${NAME}`],
    ["limit_reached", `/site/vnc/${NAME}`],
    ["limit_reached", `/api/sources/${NAME}/links`],
    ["origin_refused", "/ws/vnc/pi"],
    ["origin_refused", `/ws/vnc/${markToken("%E0%A4").name}`],
  ]);
  await ask(rig, `/ws/vnc/${ENCODED}`, { "Sec-WebSocket-Key": UPGRADE["Sec-WebSocket-Key"] });
  const spoiled = rig.lines.find(({ message }) => String(message).includes("does not pass WebSockets on"));
  assertEquals(spoiled?.path, `/ws/vnc/${NAME}`);
  rig.gateway.sources.findingOf = () => {
    throw new Error("broken");
  };
  assertEquals((await ask(rig, "/api/sources/other")).status, 500);
  assertEquals(rig.lines.find(({ level }) => level === "error")?.path, `/api/sources/${markToken("other").name}`);
});

Deno.test("where there are no tokens, the audit log has a path as it is", async () => {
  await using rig = await startGateway("auth: none\nsources: { pi: 127.0.0.1:1 }");
  await sendRaw(rig.port, { path: "/ws/vnc/nobody", headers: { ...UPGRADE, Origin: "https://evil.example" } });
  assertEquals(rig.gateway.audit.list(1)[0]?.what, "/ws/vnc/nobody");
});
