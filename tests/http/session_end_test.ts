/** Open sessions end within five seconds of what let them in, with a code and a sentence. */
import { assert, assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { SignJWT } from "jose";
import { openLoginLink } from "../../src/access/login_link.ts";
import { openAccessStores } from "../../src/access/stores.ts";
import type { Config } from "../../src/config/config.ts";
import { loadConfig } from "../../src/config/load.ts";
import { createDemo } from "../../src/demo/connect.ts";
import { createMemoryStores } from "../../src/store/memory_stores.ts";
import { ADMIN, COOKIES, LINK_ID, LINK_SECRET, makeStores, TOKENS, writeGuardedYaml } from "../fakes/callers.ts";
import { startGateway } from "../fakes/gateway.ts";
import { sendRaw } from "../fakes/raw_http.ts";
import { openViewer } from "../fakes/web_viewer.ts";

const SIGNER = "0123456789abcdef0123456789abcdef";
const WITH_SIGNER = (yaml: string) => yaml.replace("  tokens:", `  jwt: [{ secret: ${SIGNER} }]\n  tokens:`);

/** A guarded gateway whose configuration can be edited. */
async function startRig(edit: (yaml: string) => string = (yaml) => yaml) {
  const demo = createDemo();
  const clock = { aheadMs: 0 };
  const stores = await makeStores();
  const load = async (change: (yaml: string) => string) => {
    const text = change(edit(writeGuardedYaml(1).replaceAll(/host: 127.0.0.1, port: 1\b/g, "demo: true")));
    return (await loadConfig({ text, env: () => undefined, overrides: { tls: { mode: "none" } } })).config;
  };
  const live: { current: Config; problems: string[] } = { current: await load((yaml) => yaml), problems: [] };
  const gateway = await startGateway("sources: {}", {
    live,
    stores,
    openDemo: () => demo.connect(),
    now: () => Date.now() + clock.aheadMs,
  });
  return {
    ...gateway,
    stores: openAccessStores(stores),
    clock,
    /** Loads the edited file as the watcher does; sources that did not change keep their identity. */
    async edit(change: (yaml: string) => string) {
      const next = await load(change);
      const sources = new Map([...next.sources].map(([name, source]) => {
        const before = live.current.sources.get(name);
        return [name, before && JSON.stringify(before) === JSON.stringify(source) ? before : source];
      }));
      live.current = { ...next, sources };
      gateway.gateway.applyConfig();
    },
  };
}

type Rig = Awaited<ReturnType<typeof startRig>>;

function openAs({ wsOrigin, origin }: Rig, path: string, headers: Record<string, string>) {
  return openViewer(`${wsOrigin}${path}`, ["porthole.v1"], { Origin: origin, ...headers });
}

/** What the viewer was told, and how long it took. */
async function watchEnd(rig: Rig, viewer: ReturnType<typeof openViewer>, act: () => unknown) {
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

const ENDINGS: Record<string, [Record<string, string>, (rig: Rig) => unknown, number, string]> = {
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
    await using rig = await startRig();
    await using viewer = openAs(rig, "/ws/vnc/pi", headers);
    const end = await watchEnd(rig, viewer, () => act(rig));
    assertEquals(end.close, close);
    assertStringIncludes(String(end.message), words);
  });
}

Deno.test("the sweep notices an ended permission without a change of configuration", async () => {
  await using rig = await startRig();
  await using viewer = openAs(rig, "/ws/vnc/pi", guest);
  const end = await watchEnd(rig, viewer, () => rig.stores.links.delete(LINK_ID));
  assertEquals(end.close, 4403);
});

Deno.test("a change that does not affect permissions leaves sessions open", async () => {
  await using rig = await startRig();
  await using viewer = openAs(rig, "/ws/vnc/pi", ada);
  await viewer.until(({ byteCount }) => byteCount > 0);
  await rig.edit((yaml) => yaml.replace("sign_ins_per_minute: 1000", "sign_ins_per_minute: 999"));
  await rig.edit((yaml) => yaml.replace(/ {4}bob:.*\n/, ""));
  assertEquals(rig.gateway.registry.size, 1);
});

Deno.test("a token in a subprotocol opens a WebSocket, and another offered subprotocol is chosen", async () => {
  await using rig = await startRig();
  for (const [offered, chosen] of [[["binary"], "binary"], [["porthole.v1"], "porthole.v1"], [[], ""]] as const) {
    const token = `porthole.token.${TOKENS.ci}`;
    await using viewer = openViewer(`${rig.wsOrigin}/ws/vnc/pi`, [...offered, token]);
    await viewer.until(({ byteCount }) => byteCount > 0);
    assertEquals(viewer.socket.protocol, chosen || token);
  }
});

Deno.test("an invalid token in a subprotocol opens nothing", async () => {
  await using rig = await startRig();
  await using viewer = openViewer(`${rig.wsOrigin}/ws/vnc/desk`, [`porthole.token.nonsense`]);
  await viewer.closed;
  assertEquals(viewer.byteCount, 0);
});

Deno.test("a signed token opens only the source that it names", async () => {
  await using rig = await startRig(WITH_SIGNER);
  const token = await new SignJWT({ source: "pi", role: "view" }).setProtectedHeader({ alg: "HS256" })
    .setExpirationTime("1m").sign(new TextEncoder().encode(SIGNER));
  await using viewer = openViewer(`${rig.wsOrigin}/websockify?token=${token}`, ["porthole.v1"]);
  await viewer.until(({ byteCount }) => byteCount > 0);
  const [session] = rig.gateway.registry.list();
  assertEquals([session?.source.name, session?.user.name, session?.user.viewOnly], [
    "pi",
    "jwt:unnamed",
    true,
  ]);
  const { status } = await sendRaw(rig.port, { path: `/api/sources?token=${token}` });
  assertEquals(status, 401);
  assert(!JSON.stringify(rig.lines).includes(token));
});

Deno.test("a share link opens its source, in its role, up to its number of uses", async () => {
  await using rig = await startRig();
  const make = await sendRaw(rig.port, {
    method: "POST",
    path: "/api/sources/pi/links",
    headers: { ...ada, Origin: rig.origin, "Content-Type": "application/json" },
    body: JSON.stringify({ role: "view", uses: 1, expires: "10m", label: "for eve" }),
  });
  const { url, uses_left, role } = JSON.parse(make.body);
  assertEquals([make.status, uses_left, role, new URL(url).pathname], [201, 1, "view", "/share"]);
  const secret = new URL(url).hash.slice(1);
  const open = () =>
    sendRaw(rig.port, {
      method: "POST",
      path: "/share",
      headers: { Origin: rig.origin, "Content-Type": "application/x-www-form-urlencoded" },
      body: `secret=${secret}`,
    });
  const opened = await open();
  assertEquals([opened.status, opened.headers.get("location")], [303, "./site/vnc/pi"]);
  const Cookie = opened.headers.get("set-cookie")!.split(";")[0]!;
  const sources = JSON.parse((await sendRaw(rig.port, { path: "/api/sources", headers: { Cookie } })).body);
  assertEquals(sources.map(({ name, view_only }: Record<string, unknown>) => [name, view_only]), [["pi", true]]);
  assertEquals((await open()).status, 401);
  const everything = JSON.stringify([rig.lines, await rig.stores.links.list(), await rig.stores.signIns.list()]);
  assert(!everything.includes(secret) && !everything.includes(Cookie.split("=")[1]!));
});

Deno.test("opening a link keeps the sign-in of a user who may open the source anyway", async () => {
  await using rig = await startRig();
  const body = `secret=${LINK_SECRET}`;
  const headers = { ...ada, Origin: rig.origin, "Content-Type": "application/x-www-form-urlencoded" };
  const opened = await sendRaw(rig.port, { method: "POST", path: "/share", headers, body });
  assertEquals([opened.status, opened.headers.get("set-cookie")], [303, undefined]);
});

Deno.test("invalid links are refused with a sentence", async () => {
  await using rig = await startRig();
  const headers = { ...ada, Origin: rig.origin };
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

Deno.test("one user has a cap on sessions, wherever they come from", async () => {
  await using rig = await startRig((yaml) => yaml.replace("limits: {", "limits: { per_user: 1,"));
  await using viewer = openAs(rig, "/ws/vnc/pi", ada);
  await viewer.until(({ byteCount }) => byteCount > 0);
  await using second = openAs(rig, "/ws/vnc/desk", ada);
  await second.closed;
  assertEquals(second.byteCount, 0);
  await using other = openAs(rig, "/ws/vnc/desk", { Cookie: `porthole=${COOKIES.bob}` });
  await other.until(({ byteCount }) => byteCount > 0);
  const metrics = await sendRaw(rig.port, { path: "/metrics", headers: { Authorization: `Bearer ${TOKENS.ci}` } });
  assertStringIncludes(metrics.body, 'porthole_refused_total{code="limit_reached"} 1');
});

Deno.test("who ends a session is told to the viewer: its user, or an administrator", async () => {
  for (const [headers, expected] of [[ada, "viewer_left"], [ADMIN, "session_ended_by_admin"]] as const) {
    await using rig = await startRig();
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
