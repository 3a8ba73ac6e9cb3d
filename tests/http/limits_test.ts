/** The limits of sources.yaml, on a whole gateway. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { loadConfig } from "../../src/config/load.ts";
import { asUser, type COOKIES, TOKENS } from "../fakes/callers.ts";
import { startEditable } from "../fakes/editable_gateway.ts";
import { startGateway, type TestGateway } from "../fakes/gateway.ts";
import { sendRaw, UPGRADE } from "../fakes/raw_http.ts";
import { openRaw } from "../fakes/raw_viewer.ts";
import { listenPatiently, listenTcp, readToEnd, type TcpSource } from "../fakes/tcp_source.ts";
import { waitUntil } from "../fakes/wait_until.ts";
import { openViewer, type TestViewer } from "../fakes/web_viewer.ts";

/** RFC 6143 sections 7.5.3 and 7.5.4. */
const UPDATE_REQUEST = Uint8Array.of(3, 1, 0, 0, 0, 0, 0, 1, 0, 1);
const KEY_EVENT = Uint8Array.of(4, 1, 0, 0, 0, 0, 0, 0x61);

/** A source that accepts and says nothing. */
function listenSilently(): TcpSource {
  return listenTcp(async (conn) => void await readToEnd(conn));
}

const writeYaml = (ports: Record<string, number>, limits: string, more = "") =>
  `auth: none\nlimits: { ${limits} }\n${more}\nsources: ${
    JSON.stringify(Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, { host: "127.0.0.1", port }])))
  }`;

/** Sends the bytes again and again until the viewer is disposed of. */
function repeat(viewer: TestViewer, bytes: Uint8Array): Disposable {
  const timer = setInterval(() => viewer.socket.readyState === WebSocket.OPEN && viewer.send(bytes), 50);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

async function askStatus({ port }: TestGateway, path: string, headers: Record<string, string> = {}): Promise<number> {
  return (await sendRaw(port, { path, headers: { ...UPGRADE, ...headers } })).status;
}

for (const [limit, allowed] of [["sessions", 2], ["per_source", 1], ["per_address", 3]] as const) {
  Deno.test(`limits.${limit} is enforced even for simultaneous requests, and says when to retry`, async () => {
    await using source = listenPatiently();
    await using gateway = await startGateway(writeYaml({ pi: source.port }, `${limit}: ${allowed}`));
    const viewers = await Promise.all(Array.from({ length: 6 }, () => openRaw(gateway.port)));
    const refused = viewers.filter(({ status }) => status === 429);
    assertEquals(viewers.filter(({ status }) => status === 101).length, allowed);
    assertEquals(refused.length, 6 - allowed);
    for (const { head } of refused) assertMatch(head, /^retry-after: \d+$/im);
    for (const viewer of viewers) await viewer[Symbol.asyncDispose]();
    await waitUntil(() => gateway.gateway.registry.size === 0);
    await using again = await openRaw(gateway.port);
    assertEquals(again.status, 101);
  });
}

Deno.test("limits.connects_per_minute is enforced and says when to retry", async () => {
  await using source = listenPatiently();
  await using gateway = await startGateway(writeYaml({ pi: source.port }, "connects_per_minute: 3"));
  for (let at = 0; at < 5; at++) {
    await using viewer = await openRaw(gateway.port);
    assertEquals(viewer.status, at < 3 ? 101 : 429);
    if (at >= 3) assertMatch(viewer.head, /^retry-after: [1-6]?\d$/im);
  }
});

Deno.test("limits.idle ends a session without keyboard or mouse input, whatever else its viewer sends", async () => {
  await using source = listenPatiently();
  await using gateway = await startGateway(writeYaml({ pi: source.port }, "idle: 3s"));
  const open = () => openViewer(`${gateway.wsOrigin}/ws/vnc/pi`);
  await using idle = open();
  await using typing = open();
  await Promise.all([idle, typing].map((viewer) => viewer.until(({ byteCount }) => byteCount > 0)));
  using _requests = repeat(idle, UPDATE_REQUEST);
  using _keys = repeat(typing, KEY_EVENT);
  assertEquals(await idle.closed, { code: 4408, reason: "No keyboard or mouse input for 3 s" });
  assertEquals(typing.socket.readyState, WebSocket.OPEN);
});

Deno.test("limits.handshakes is for sessions that are connected but not open, and leaves each source one", async () => {
  await using silent = listenSilently();
  await using source = listenPatiently();
  await using gateway = await startGateway(writeYaml({ silent: silent.port, pi: source.port }, "handshakes: 1"));
  await using viewer = openViewer(`${gateway.wsOrigin}/ws/vnc/silent`);
  const { registry } = gateway.gateway;
  await waitUntil(() => registry.list()[0]?.state === "handshake");
  assertEquals(await askStatus(gateway, "/ws/vnc/silent"), 429);
  assertEquals(await askStatus(gateway, "/ws/vnc/pi"), 101);
  viewer.socket.close();
  await waitUntil(() => registry.size === 0);
  assertEquals(await askStatus(gateway, "/ws/vnc/silent"), 101);
});

Deno.test("limits.up_queue ends a viewer that sends more than a source takes", async () => {
  await using silent = listenSilently();
  await using gateway = await startGateway(writeYaml({ silent: silent.port }, "up_queue: 64KiB"));
  await using viewer = openViewer(`${gateway.wsOrigin}/ws/vnc/silent`);
  await viewer.opened;
  viewer.send(new Uint8Array(60 * 1024));
  viewer.send(new Uint8Array(10 * 1024));
  assertEquals((await viewer.closed).code, 1008);
});

Deno.test("limits count a whole IPv6 network as one address", async () => {
  await using source = listenPatiently();
  const yaml = writeYaml({ pi: source.port }, "per_address: 1", "gateway: { trusted_proxies: [127.0.0.1] }");
  await using gateway = await startGateway(yaml);
  const from = (address: string) => ({ "X-Forwarded-For": address });
  await using viewer = openViewer(`${gateway.wsOrigin}/ws/vnc/pi`, [], from("2001:db8:0:1::1"));
  await viewer.until(({ byteCount }) => byteCount > 0);
  const path = "/ws/vnc/pi";
  assertEquals(await askStatus(gateway, path, from("2001:db8:0:1:ffff::2")), 429);
  assertEquals(await askStatus(gateway, path, from("2001:db8:0:2::1")), 101);
});

Deno.test("limits.per_user does not count users together who do not have to sign in", async () => {
  await using source = listenPatiently();
  await using gateway = await startGateway(writeYaml({ pi: source.port }, "per_user: 1"));
  await using viewer = openViewer(`${gateway.wsOrigin}/ws/vnc/pi`);
  await viewer.until(({ byteCount }) => byteCount > 0);
  assertEquals(await askStatus(gateway, "/ws/vnc/pi"), 101);
});

Deno.test("one user has a cap on sessions, wherever they come from", async () => {
  await using rig = await startEditable((yaml) => yaml.replace("limits: {", "limits: { per_user: 1,"));
  const open = (source: string, user: keyof typeof COOKIES) =>
    openViewer(`${rig.wsOrigin}/ws/vnc/${source}`, ["porthole.v1"], asUser(user, rig));
  await using viewer = open("pi", "ada");
  await viewer.until(({ byteCount }) => byteCount > 0);
  await using second = open("desk", "ada");
  await second.closed;
  assertEquals(second.byteCount, 0);
  await using other = open("desk", "bob");
  await other.until(({ byteCount }) => byteCount > 0);
  const metrics = await sendRaw(rig.port, { path: "/metrics", headers: { Authorization: `Bearer ${TOKENS.ci}` } });
  assertStringIncludes(metrics.body, 'porthole_refused_total{code="limit_reached"} 1');
});

/** Applies another sources.yaml to a running gateway, as the watcher does. */
async function edit({ gateway, live }: TestGateway, text: string): Promise<void> {
  const { config } = await loadConfig({ text, env: () => undefined, overrides: { tls: { mode: "none" } } });
  live.current = config;
  await gateway.applyConfig();
}

Deno.test("changed limits apply to a running gateway", async () => {
  await using source = listenPatiently();
  const ports = { pi: source.port };
  for (const limit of ["connects_per_minute", "per_source", "per_address", "sessions"]) {
    await using gateway = await startGateway(writeYaml(ports, `${limit}: 1`));
    await using viewer = openViewer(`${gateway.wsOrigin}/ws/vnc/pi`);
    await viewer.until(({ byteCount }) => byteCount > 0);
    assertEquals(await askStatus(gateway, "/ws/vnc/pi"), 429, limit);
    await edit(gateway, writeYaml(ports, `${limit}: 5`));
    assertEquals(await askStatus(gateway, "/ws/vnc/pi"), 101, limit);
  }
});

Deno.test("changed trusted_proxies and deny_networks apply to a running gateway", async () => {
  await using source = listenPatiently();
  const ports = { pi: source.port };
  const trusting = "gateway: { trusted_proxies: [127.0.0.1] }";
  await using gateway = await startGateway(writeYaml(ports, ""));
  const own = { "X-Forwarded-Host": "vnc.lan", "X-Forwarded-Proto": "https", Origin: "https://vnc.lan" };
  assertEquals(await askStatus(gateway, "/ws/vnc/pi", own), 403);
  await edit(gateway, writeYaml(ports, "", trusting));
  assertEquals(await askStatus(gateway, "/ws/vnc/pi", own), 101);

  await edit(gateway, writeYaml(ports, "", "gateway: { deny_networks: [127.0.0.0/8] }"));
  await using viewer = openViewer(`${gateway.wsOrigin}/ws/vnc/pi`);
  assertEquals(await viewer.closed, { code: 4502, reason: "Cannot reach pi: its address is in deny_networks" });
});

Deno.test("an address that overloaded the gateway is refused for a while, and nobody who may share one", async () => {
  await using source = listenPatiently();
  const proxy = "gateway: { trusted_proxies: [127.0.0.1] }";
  await using gateway = await startGateway(writeYaml({ pi: source.port }, "sessions: 9", proxy));
  gateway.gateway.registry.overload.refuse(["192.0.2.1", "127.0.0.1"]);
  const open = (from: Record<string, string>) => askStatus(gateway, "/ws/vnc/pi", from);
  assertEquals(await open({ "X-Forwarded-For": "192.0.2.1" }), 503);
  assertEquals(await open({ "X-Forwarded-For": "192.0.2.2" }), 101);
  assertEquals(await open({}), 101);
});
