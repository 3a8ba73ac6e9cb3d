/** Share links over HTTP: what is made, listed, opened and revoked. tests/http/ownership_table_test.ts says by whom. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { ADMIN, asUser, COOKIES, type GuardedGateway, LINK_ID, startGuarded } from "../fakes/callers.ts";
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
function openLink({ port, origin }: GuardedGateway, created: RawAnswer, cookie?: string) {
  return sendRaw(port, {
    method: "POST",
    path: "/share",
    headers: {
      Origin: origin,
      "Content-Type": "application/x-www-form-urlencoded",
      ...(cookie !== undefined && { Cookie: `porthole=${cookie}` }),
    },
    body: `secret=${new URL(JSON.parse(created.body).url).hash.slice(1)}`,
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
