/** Share links over HTTP: what is made, listed, opened and revoked. tests/http/ownership_table_test.ts says by whom. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ADMIN, asUser, COOKIES, type GuardedGateway, LINK_ID, LINK_SECRET, startGuarded } from "../fakes/callers.ts";
import { type RawAnswer, sendRaw } from "../fakes/raw_http.ts";
import { openViewer } from "../fakes/web_viewer.ts";

function createLink(
  rig: GuardedGateway,
  source: string,
  asked: Record<string, unknown> = {},
  headers: Record<string, string> = ADMIN,
) {
  const path = `/api/sources/${source}/links`;
  return sendRaw(rig.port, { method: "POST", path, headers, body: JSON.stringify(asked) });
}

/** Opens a link as a browser does; `cookie` is the one it has already. */
function openLink(rig: GuardedGateway, created: RawAnswer, cookie?: string) {
  return openSecret(rig, readSecret(created), cookie);
}

const readSecret = ({ body }: RawAnswer) => new URL(JSON.parse(body).url).hash.slice(1);

function openSecret({ port, origin }: GuardedGateway, secret: string, cookie?: string) {
  return sendRaw(port, {
    method: "POST",
    path: "/share",
    headers: {
      Origin: origin,
      "Content-Type": "application/x-www-form-urlencoded",
      ...(cookie !== undefined && { Cookie: `porthole=${cookie}` }),
    },
    body: `secret=${secret}`,
  });
}

const readCookie = ({ headers }: RawAnswer) => /^porthole=([^;]+)/.exec(headers.get("set-cookie") ?? "")?.[1];

Deno.test("links are listed and revoked at their own source only", async () => {
  await using rig = await startGuarded();
  const desk = JSON.parse((await createLink(rig, "desk")).body).id;
  const list = async (source: string) =>
    JSON.parse((await sendRaw(rig.port, { path: `/api/sources/${source}/links`, headers: ADMIN })).body)
      .map(({ id }: { id: string }) => id);
  assertEquals([await list("pi"), await list("desk")], [[LINK_ID], [desk]]);
  const revoke = (path: string) => sendRaw(rig.port, { method: "DELETE", path, headers: ADMIN });
  assertEquals((await revoke(`/api/sources/pi/links/${desk}`)).status, 404);
  assertEquals((await revoke(`/api/sources/desk/links/${desk}`)).status, 204);
  assertEquals([await list("pi"), await list("desk")], [[LINK_ID], []]);
});

Deno.test("a source has at most 200 links, and other sources are not concerned", async () => {
  await using rig = await startGuarded();
  const link = (await rig.stores.links.get(LINK_ID))!;
  for (let at = 1; at < 200; at++) {
    const id = at.toString(16).padStart(16, "0");
    await rig.stores.links.put(id, { ...link, id });
  }
  const refused = await createLink(rig, "pi");
  assertEquals([refused.status, JSON.parse(refused.body).code], [429, "limit_reached"]);
  assertEquals((await createLink(rig, "desk")).status, 201);
});

Deno.test("a label is one line, and an expiry at most a year away", async () => {
  await using rig = await startGuarded();
  const made = JSON.parse((await createLink(rig, "pi", { label: " for\neve\u0000 \t" })).body);
  assertEquals(made.label, "for eve");
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();
  assertEquals((await createLink(rig, "pi", { expires: inDays(365) })).status, 201);
  assertEquals((await createLink(rig, "pi", { expires: inDays(367) })).status, 400);
});

Deno.test("a link ends with the user of sources.yaml who made it, and one of a program does not", async () => {
  await using rig = await startGuarded();
  const ada = asUser("ada", rig);
  const [byAda, byProgram] = [await createLink(rig, "pi", {}, ada), await createLink(rig, "pi")];
  const { auth } = rig.live.current;
  if (auth.mode === "none") throw new Error("Nobody has to sign in");
  const users = new Map([...auth.users].filter(([name]) => name !== "ada"));
  rig.live.current = { ...rig.live.current, auth: { ...auth, users } };
  assertEquals([(await openLink(rig, byAda)).status, (await openLink(rig, byProgram)).status], [401, 303]);
});

Deno.test("a link gives a user more than they have, and never less", async () => {
  await using rig = await startGuarded();
  const controls = async (cookie: string) => {
    const { body } = await sendRaw(rig.port, { path: "/api/sources/pi", headers: { Cookie: `porthole=${cookie}` } });
    return JSON.parse(body).view_only === false;
  };
  const link = await createLink(rig, "pi", { role: "control" });
  // The guest may only view, bob may not even do that, and ada controls it without a link.
  for (const cookie of [COOKIES.guest, COOKIES.bob]) {
    const given = readCookie(await openLink(rig, link, cookie));
    assertEquals(given !== undefined && await controls(given), true, cookie);
  }
  assertEquals(readCookie(await openLink(rig, link, COOKIES.ada)), undefined);
  assertEquals(readCookie(await openLink(rig, await createLink(rig, "pi", { role: "view" }), COOKIES.ada)), undefined);
});

Deno.test("a browser that opens a link gives up its earlier sign-in", async () => {
  await using rig = await startGuarded();
  await openLink(rig, await createLink(rig, "pi"), COOKIES.bob);
  const { status } = await sendRaw(rig.port, { path: "/api/sources", headers: { Cookie: `porthole=${COOKIES.bob}` } });
  assertEquals(status, 401);
});

Deno.test("wrong secrets and right ones count against the limit of sign-in attempts", async () => {
  await using rig = await startGuarded();
  rig.live.current = { ...rig.live.current, limits: { ...rig.live.current.limits, signInsPerMinute: 2 } };
  const link = await createLink(rig, "pi");
  const statuses = [];
  for (let at = 0; at < 3; at++) statuses.push((await openLink(rig, link)).status);
  assertEquals(statuses, [303, 303, 429]);
});

Deno.test("a guest to view gets the page, the list and the session of a viewer without control", async () => {
  await using rig = await startGuarded();
  const headers = asUser("guest", rig);
  const page = await sendRaw(rig.port, { path: "/site/vnc/pi", headers: { ...headers, Accept: "text/html" } });
  assertStringIncludes(page.body, 'data-view-only="true"');
  const { body } = await sendRaw(rig.port, { path: "/api/sources/pi", headers });
  assertEquals(JSON.parse(body).view_only, true);
  await using viewer = openViewer(`${rig.wsOrigin}/ws/vnc/pi`, [], headers);
  await viewer.until(({ socket }) => socket.readyState === WebSocket.OPEN);
  assertEquals(rig.gateway.registry.list()[0]?.viewOnly, true);
});

Deno.test("a link to control rests while its creator may only view, and one to view does not", async () => {
  await using rig = await startGuarded();
  const ada = asUser("ada", rig);
  const [control, view] = [await createLink(rig, "pi", { role: "control" }, ada), await createLink(rig, "pi", {}, ada)];
  const { sources } = rig.live.current;
  const pi = { ...sources.get("pi")!, allow: [], view: ["ada"] };
  rig.live.current = { ...rig.live.current, sources: new Map([...sources, ["pi", pi]]) };
  assertEquals([(await openLink(rig, control)).status, (await openLink(rig, view)).status], [401, 303]);
});

Deno.test("a share link opens its source, in its role, up to its number of uses", async () => {
  await using rig = await startGuarded();
  const asked = { role: "view", uses: 1, expires: "10m", label: "for eve" };
  const headers = { ...asUser("ada", rig), "Content-Type": "application/json" };
  const make = await createLink(rig, "pi", asked, headers);
  const { url, uses_left, role } = JSON.parse(make.body);
  assertEquals([make.status, uses_left, role, new URL(url).pathname], [201, 1, "view", "/share"]);
  const secret = readSecret(make);
  const opened = await openSecret(rig, secret);
  assertEquals([opened.status, opened.headers.get("location")], [303, "./site/vnc/pi"]);
  const Cookie = opened.headers.get("set-cookie")!.split(";")[0]!;
  const sources = JSON.parse((await sendRaw(rig.port, { path: "/api/sources", headers: { Cookie } })).body);
  assertEquals(sources.map(({ name, view_only }: Record<string, unknown>) => [name, view_only]), [["pi", true]]);
  assertEquals((await openSecret(rig, secret)).status, 401);
  const everything = JSON.stringify([rig.lines, await rig.stores.links.list(), await rig.stores.signIns.list()]);
  assert(!everything.includes(secret) && !everything.includes(Cookie.split("=")[1]!));
});

Deno.test("opening a link keeps the sign-in of a user who may open the source anyway", async () => {
  await using rig = await startGuarded();
  const opened = await openSecret(rig, LINK_SECRET, COOKIES.ada);
  assertEquals([opened.status, opened.headers.get("set-cookie")], [303, undefined]);
});

Deno.test("invalid links are refused with a sentence", async () => {
  await using rig = await startGuarded();
  const headers = asUser("ada", rig);
  for (
    const body of [
      '{"role":"root"}',
      '{"expires":"forever"}',
      '{"expires":"2020-01-01"}',
      '{"uses":0}',
      '{"host":"10.0.0.1"}',
      "[",
      '"x"',
    ]
  ) {
    const { status, body: answer } = await sendRaw(rig.port, {
      method: "POST",
      path: "/api/sources/pi/links",
      headers,
      body,
    });
    assertEquals([status, JSON.parse(answer).code], [400, "bad_request"], body);
  }
});
