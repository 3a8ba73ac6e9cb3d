/** Open sessions end within five seconds of what let them in, with a code and a sentence. */
import { assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { openLoginLink } from "../../src/access/login_link.ts";
import { loadConfig } from "../../src/config/load.ts";
import { createDemo } from "../../src/demo/connect.ts";
import { createMemoryStores } from "../../src/store/memory_stores.ts";
import { ADMIN, COOKIES, LINK_ID, TOKENS, writeGuardedYaml } from "../fakes/callers.ts";
import { type EditableGateway, startEditable } from "../fakes/editable_gateway.ts";
import { startGateway } from "../fakes/gateway.ts";
import { sendRaw } from "../fakes/raw_http.ts";
import { openViewer } from "../fakes/web_viewer.ts";

function openAs({ wsOrigin, origin }: EditableGateway, path: string, headers: Record<string, string>) {
  return openViewer(`${wsOrigin}${path}`, ["porthole.v1"], { Origin: origin, ...headers });
}

/** What the viewer was told, and how long it took. */
async function watchEnd(rig: EditableGateway, viewer: ReturnType<typeof openViewer>, act: () => unknown) {
  await viewer.until(({ byteCount }) => byteCount > 0);
  const startedAt = performance.now();
  await act();
  await viewer.closed;
  const took = performance.now() - startedAt;
  const goodbye = viewer.side.find(({ type }) => type === "goodbye");
  const { message = "", close } = { ...goodbye };
  assertLess(took, 5_000);
  assertStringIncludes(String(message), " ");
  assertEquals(rig.gateway.registry.size, 0);
  return { close, message };
}

const ada = { Cookie: `porthole=${COOKIES.ada}` };
const guest = { Cookie: `porthole=${COOKIES.guest}` };

const ENDINGS: Record<string, [Record<string, string>, (rig: EditableGateway) => unknown, number, string]> = {
  "a permission that was taken away": [
    ada,
    (rig) => rig.edit((yaml) => yaml.replace('allow: [ada, "group:staff"]', "allow: []")),
    4403,
    "permission",
  ],
  "a permission that became view-only": [
    ada,
    (rig) =>
      rig.edit((yaml) => yaml.replace('allow: [ada, "group:staff"], view: ["group:guests"]', "allow: [], view: [ada]")),
    4403,
    "view-only",
  ],
  "a user who was removed": [
    ada,
    (rig) => rig.edit((yaml) => yaml.replace(/ {4}ada:.*\n/, "")),
    4401,
    "sign-in has ended",
  ],
  "a password that was changed": [
    ada,
    (rig) => rig.edit((yaml) => yaml.replace(/(ada: .*)AAAA"/, '$1AAAC"')),
    4401,
    "sign-in has ended",
  ],
  "signing out": [
    ada,
    ({ port, origin }) => sendRaw(port, { method: "POST", path: "/sign-out", headers: { ...ada, Origin: origin } }),
    4401,
    "sign-in has ended",
  ],
  "a sign-in that ran out": [ada, ({ clock }) => clock.aheadMs += 8 * 24 * 3_600_000, 4401, "sign-in has ended"],
  "a link that was revoked": [
    guest,
    ({ port, origin }) =>
      sendRaw(port, {
        method: "DELETE",
        path: `/api/sources/pi/links/${LINK_ID}`,
        headers: { ...ada, Origin: origin },
      }),
    4403,
    "link",
  ],
  "a link whose creator may no longer share it": [
    guest,
    (rig) => rig.edit((yaml) => yaml.replace('allow: [ada, "group:staff"]', 'allow: ["group:makers"]')),
    4403,
    "link",
  ],
  "a token that was taken out": [
    { Authorization: `Bearer ${TOKENS.ci}` },
    (rig) => rig.edit((yaml) => yaml.replace(/ {4}- \{ name: ci,.*\n/, "")),
    4401,
    "token",
  ],
};

for (const [what, [headers, act, close, words]] of Object.entries(ENDINGS)) {
  Deno.test(`${what} ends the session within five seconds, with ${close}`, async () => {
    await using rig = await startEditable();
    await using viewer = openAs(rig, "/ws/vnc/pi", headers);
    const end = await watchEnd(rig, viewer, () => act(rig));
    assertEquals(end.close, close);
    assertStringIncludes(String(end.message), words);
  });
}

Deno.test("the sweep notices an ended permission without a change of configuration", async () => {
  await using rig = await startEditable();
  await using viewer = openAs(rig, "/ws/vnc/pi", guest);
  const end = await watchEnd(rig, viewer, () => rig.stores.links.delete(LINK_ID));
  assertEquals(end.close, 4403);
});

Deno.test("a change that does not affect permissions leaves sessions open", async () => {
  await using rig = await startEditable();
  await using viewer = openAs(rig, "/ws/vnc/pi", ada);
  await viewer.until(({ byteCount }) => byteCount > 0);
  await rig.edit((yaml) => yaml.replace("sign_ins_per_minute: 1000", "sign_ins_per_minute: 999"));
  await rig.edit((yaml) => yaml.replace(/ {4}bob:.*\n/, ""));
  assertEquals(rig.gateway.registry.size, 1);
});

Deno.test("who ends a session is told to the viewer: its user, or an administrator", async () => {
  for (const [headers, expected] of [[ada, "viewer_left"], [ADMIN, "session_ended_by_admin"]] as const) {
    await using rig = await startEditable();
    await using viewer = openAs(rig, "/ws/vnc/pi", ada);
    await viewer.until(({ byteCount }) => byteCount > 0);
    const path = `/api/sessions/${rig.gateway.registry.list()[0]!.id}`;
    const own = { Origin: rig.origin, ...headers };
    assertEquals((await sendRaw(rig.port, { method: "DELETE", path, headers: own })).status, 204);
    await viewer.closed;
    assertEquals(viewer.side.find(({ type }) => type === "goodbye")?.code, expected);
  }
});

Deno.test("a gateway that begins to require a sign-in ends the sessions of those who had none", async () => {
  const demo = createDemo();
  const yaml = "auth: none\nsources: { desk: { demo: true } }\n";
  await using gateway = await startGateway(yaml, { openDemo: () => demo.connect() });
  await using viewer = openViewer(`${gateway.wsOrigin}/ws/vnc/desk`, ["porthole.v1"]);
  await viewer.until(({ byteCount }) => byteCount > 0);
  const { config: { auth } } = await loadConfig({ text: writeGuardedYaml(1), env: () => undefined });
  gateway.live.current = { ...gateway.live.current, auth };
  await gateway.gateway.applyConfig();
  await viewer.closed;
  assertEquals(viewer.side.find(({ type }) => type === "goodbye")?.close, 4401);
});

Deno.test("the login link ends, and all that it signed in, where sources.yaml turns it off", async () => {
  const yaml = `gateway: { public_url: https://vnc.example.net/ }\nsources: { desk: { demo: true } }\n`;
  const demo = createDemo();
  const stores = createMemoryStores();
  await using gateway = await startGateway(yaml, { stores, openDemo: () => demo.connect() });
  const token = (await openLoginLink(stores).ensure())!;
  const signIn = () =>
    sendRaw(gateway.port, {
      method: "POST",
      path: "/sign-in",
      headers: { Origin: gateway.origin, "Content-Type": "application/x-www-form-urlencoded" },
      body: `token=${token}`,
    });
  const signedIn = await signIn();
  const cookie = { Cookie: signedIn.headers.get("set-cookie")!.split(";")[0]! };
  const bearer = { Authorization: `Bearer ${token}` };
  const ask = async (headers: Record<string, string>) =>
    (await sendRaw(gateway.port, { path: "/api/sources", headers })).status;
  assertEquals([signedIn.status, await ask(cookie), await ask(bearer)], [303, 200, 200]);

  const { auth } = gateway.live.current;
  if (auth.mode === "none") throw new Error("Nobody has to sign in");
  gateway.live.current = { ...gateway.live.current, auth: { ...auth, loginLink: false } };
  assertEquals([(await signIn()).status, await ask(cookie), await ask(bearer)], [401, 401, 401]);
});

Deno.test("a new login link ends the sessions of programs that use the old one", async () => {
  const yaml = `gateway: { public_url: https://vnc.example.net/ }\nsources: { desk: { demo: true } }\n`;
  const demo = createDemo();
  const stores = createMemoryStores();
  await using gateway = await startGateway(yaml, { stores, openDemo: () => demo.connect() });
  const link = openLoginLink(stores);
  const headers = { Authorization: `Bearer ${await link.ensure()}` };
  await using viewer = openViewer(`${gateway.wsOrigin}/ws/vnc/desk`, ["porthole.v1"], headers);
  await viewer.until(({ byteCount }) => byteCount > 0);
  await link.renew();
  await viewer.closed;
  assertEquals(viewer.side.find(({ type }) => type === "goodbye")?.close, 4401);
});
