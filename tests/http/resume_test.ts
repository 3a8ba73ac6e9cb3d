/** Sessions whose viewer loses its link and comes back, on a whole gateway. */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { parseDown } from "../../src/side_channel/messages.ts";
import { asUser } from "../fakes/callers.ts";
import { startEditable } from "../fakes/editable_gateway.ts";
import { enterDesktop } from "../fakes/enter_desktop.ts";
import { startGateway, type TestGateway } from "../fakes/gateway.ts";
import { ENTERED_BYTES, listenEchoing } from "../fakes/open_source.ts";
import { ResumablePage } from "../fakes/resumable_page.ts";
import { openRaw } from "../fakes/raw_viewer.ts";
import { startFakeRfb } from "../fakes/rfb_server.ts";
import { sendRaw } from "../fakes/raw_http.ts";
import { GREETING, listenTcp, readExactly, writeAll } from "../fakes/tcp_source.ts";
import { waitUntil } from "../fakes/wait_until.ts";

const KEY = Uint8Array.of(4, 1, 0, 0, 0, 0, 0, 0x61);

function start(port: number, { resume = "30s", limits = "", source = "" } = {}): Promise<TestGateway> {
  return startGateway(`gateway: { resume: ${resume} }
auth: none
limits: { ${limits} }
sources:
  pi: { host: 127.0.0.1, port: ${port}, ${source} }
  desk: { host: 127.0.0.1, port: ${port} }
`);
}

/** Opens a page, and enters the desktop. */
async function open({ wsOrigin }: TestGateway, options = {}): Promise<ResumablePage> {
  const page = await ResumablePage.open(`${wsOrigin}/ws/vnc/pi`, options);
  await enterDesktop(page);
  return page;
}

async function listStates({ port }: TestGateway): Promise<unknown[]> {
  const { body } = await sendRaw(port, { path: "/api/sessions" });
  return JSON.parse(body).map(({ state }: { state: string }) => state);
}

const untilState = (gateway: TestGateway, state: string) =>
  waitUntil(async () => (await listStates(gateway)).includes(state), `a session that is ${state}`);

async function readMetrics({ port }: TestGateway): Promise<string> {
  return (await sendRaw(port, { path: "/metrics" })).body;
}

Deno.test("a page that comes back goes on where it was, and the source notices nothing", async () => {
  await using source = listenEchoing();
  await using gateway = await start(source.port);
  await using page = await open(gateway);
  const first = page.token;
  for (let cut = 1; cut <= 3; cut++) {
    await page.cut();
    await untilState(gateway, "held");
    // What the user types meanwhile arrives once.
    page.send(KEY);
    await page.comeBack();
    await page.until(({ byteCount }) => byteCount === ENTERED_BYTES + cut * KEY.length);
  }
  assertNotEquals(page.token, first);
  assertEquals(source.accepted, 1);
  assertEquals(await listStates(gateway), ["open"]);
  const lines = gateway.lines.filter(({ message }) => /Session (held|resumed)/.test(`${message}`));
  assertEquals(lines.map(({ message }) => message), Array(3).fill(["Session held", "Session resumed"]).flat());
  assert(lines.every(({ gap_ms }) => gap_ms === undefined || (gap_ms as number) >= 0));
});

Deno.test("a held session is shown as such in the list and in the metrics, and can be ended", async () => {
  await using source = listenEchoing();
  await using gateway = await start(source.port);
  await using page = await open(gateway);
  await page.cut();
  await untilState(gateway, "held");
  assert((await readMetrics(gateway)).includes('porthole_sessions{state="held"} 1'));
  const [{ id }] = JSON.parse((await sendRaw(gateway.port, { path: "/api/sessions" })).body);
  const { status } = await sendRaw(gateway.port, {
    method: "DELETE",
    path: `/api/sessions/${id}`,
    headers: { Origin: gateway.origin },
  });
  assertEquals(status, 204);
  await waitUntil(() => gateway.gateway.registry.size === 0);
  page.resume();
  await page.until(() => page.last("goodbye") !== undefined);
  assertEquals(page.last("goodbye")?.code, "session_ended_by_admin");
  assert((await readMetrics(gateway)).includes('porthole_resumes_total{outcome="ended"} 1'));
});

Deno.test("a session that nobody comes back to ends after the hold", async () => {
  await using source = listenEchoing();
  await using gateway = await start(source.port, { resume: "100ms" });
  await using page = await open(gateway);
  await page.cut();
  await waitUntil(() => gateway.gateway.registry.size === 0);
  const { code, reason } = gateway.lines.findLast(({ message }) => message === "Session ended")!;
  assertEquals([code, reason], [
    "viewer_left",
    "The viewer lost its connection, and did not come back within 0.1 s",
  ]);
  page.resume();
  await page.closed;
  assertEquals(page.last("goodbye")?.code, "resume_refused");
  assertEquals(page.last("goodbye")?.retry, true);
});

Deno.test("a page that leaves on purpose ends its session at once", async () => {
  await using source = listenEchoing();
  await using gateway = await start(source.port);
  for (const code of [1000]) {
    await using page = await open(gateway);
    await page.close(code);
    await waitUntil(() => gateway.gateway.registry.size === 0);
    page.resume();
    await page.closed;
    assertEquals(page.last("goodbye")?.code, "resume_refused");
  }
});

Deno.test("what was left and the reason reach a viewer whose source closed while it was away", async () => {
  const finish = Promise.withResolvers<void>();
  await using source = listenTcp(async (conn) => {
    await writeAll(conn, GREETING);
    await readExactly(conn, 12);
    await finish.promise;
    await writeAll(conn, new TextEncoder().encode("the last words"));
  });
  await using gateway = await start(source.port);
  await using page = await ResumablePage.open(`${gateway.wsOrigin}/ws/vnc/pi`);
  await page.until(({ byteCount }) => byteCount === 12);
  page.send(GREETING);
  await page.cut();
  await untilState(gateway, "held");
  finish.resolve();
  await waitUntil(() => gateway.gateway.registry.size === 0);
  page.resume();
  await page.closed;
  assertEquals(new TextDecoder().decode(page.bytes()), "RFB 003.008\nthe last words");
  assertEquals(page.last("goodbye")?.code, "source_closed");
  await waitUntil(() => gateway.gateway.registry.stuck === 0);
});

Deno.test("with resume: 0 a page acknowledges, and its session ends with its connection", async () => {
  await using source = listenEchoing();
  await using gateway = await start(source.port, { resume: "0" });
  const page = await open(gateway);
  assertEquals(page.last("resumable")?.hold_ms, 0);
  await waitUntil(async () => (await readMetrics(gateway)).includes("\nporthole_unacknowledged_bytes 0\n"));
  await page.cut();
  await waitUntil(() => gateway.gateway.registry.size === 0);
  assertEquals(gateway.lines.filter(({ message }) => message === "Session held"), []);
});

Deno.test("a page that does not answer pings, as in a browser that stands still, is held and not ended", async () => {
  await using source = listenEchoing();
  await using gateway = await start(source.port, { source: "keepalive: 500ms" });
  const headers = { "Sec-WebSocket-Protocol": "porthole.v1" };
  await using still = await openRaw(gateway.port, "/ws/vnc/pi?resume=new", headers);
  await still.until(({ downBytes }) => downBytes === GREETING.length);
  still.stopReading();
  await untilState(gateway, "held");
  assertEquals(gateway.lines.filter(({ message }) => message === "Session ended"), []);
  const messages = still.texts.map((text) => ({ text, ...parseDown(text) }));
  const page = new ResumablePage(`${gateway.wsOrigin}/ws/vnc/pi`);
  page.token = messages.flatMap(({ message }) => message?.type === "resumable" ? [message.token] : [])[0]!;
  page.received = messages.filter(({ isUncounted }) => !isUncounted)
    .reduce((sum, { text }) => sum + text.length, still.downBytes);
  await page.comeBack();
  page.send(GREETING);
  await page.until(({ byteCount }) => byteCount === 2);
  await page.close();
});

Deno.test("sessions are held and resumed while the page is asked, and what was lost is asked again", async () => {
  await using source = await startFakeRfb({ password: "secret12" });
  await using gateway = await start(source.port, { source: "view_only: true" });
  const options = { acknowledges: false };
  await using page = await ResumablePage.open(`${gateway.wsOrigin}/ws/vnc/pi`, options);
  await page.until(() => page.last("ask") !== undefined);
  await page.cut();
  await untilState(gateway, "held");
  // As if nothing had arrived before the cut.
  page.received = 0;
  await page.comeBack();
  await page.until(() => page.side.filter(({ type }) => type === "ask").length === 2);
  await page.cut();
  page.send({ type: "credentials", password: "secret12" });
  await page.comeBack();
  await enterDesktop(page);
  assertEquals(await listStates(gateway), ["open"]);
});

Deno.test("a view-only session on a prewarmed, logged-in connection is resumed with its stages", async () => {
  await using source = await startFakeRfb({ password: "secret12" });
  const settings = "view_only: true, clipboard: none, prewarm: 1, password: secret12";
  await using gateway = await start(source.port, { source: settings });
  await gateway.gateway.applyConfig();
  await source.waitFor((fake) => fake.seen("SecurityType").length === 1);
  await using page = await open(gateway);
  const UPDATE_REQUEST = Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 64, 0, 48);
  for (let cut = 0; cut < 3; cut++) {
    await page.cut();
    // A cut in the middle of what the filter has not yet seen whole.
    page.send(KEY.slice(0, 5));
    page.send(KEY.slice(5));
    page.send(UPDATE_REQUEST);
    const before = page.byteCount;
    await page.comeBack();
    await page.until(({ byteCount }) => byteCount >= before + 64 * 48 * 4);
  }
  assertEquals([source.seen("FramebufferUpdateRequest").length, source.seen("KeyEvent").length], [3, 0]);
});

Deno.test("a held session ends with the sign-in and with the source", async () => {
  await using rig = await startEditable((yaml) => yaml);
  const headers = asUser("ada", rig);
  const pages = [];
  for (const name of ["pi", "desk"]) {
    const page = await ResumablePage.open(`${rig.wsOrigin}/ws/vnc/${name}`, { headers });
    pages.push(page);
    await page.cut();
  }
  await rig.edit((yaml) => yaml.replace(/^ +desk: .*$/m, ""));
  await waitUntil(() => rig.gateway.registry.size === 1);
  await rig.edit((yaml) => yaml.replace(/^ +ada: .*$/m, ""));
  await waitUntil(() => rig.gateway.registry.size === 0);
  for (const page of pages) {
    page.resume();
    await page.closed;
    assertEquals(page.links, 1);
  }
});

Deno.test("all viewers behind one address come back at once", async () => {
  await using source = listenEchoing();
  await using gateway = await start(source.port, {
    limits: "handshakes: 8, per_address: 32, per_source: 32, connects_per_minute: 32",
  });
  const pages: ResumablePage[] = [];
  for (let at = 0; at < 32; at++) pages.push(await open(gateway));
  await Promise.all(pages.map((page) => page.cut()));
  await Promise.all(pages.map((page) => page.comeBack()));
  assertEquals([source.accepted, await listStates(gateway)], [32, Array(32).fill("open")]);
  await Promise.all(pages.map((page) => page.close()));
});

Deno.test("a viewer that comes back from another address counts there", async () => {
  await using source = listenEchoing();
  await using gateway = await startGateway(`gateway: { trusted_proxies: [127.0.0.1] }
auth: none
limits: { per_address: 1 }
sources: { pi: { host: 127.0.0.1, port: ${source.port} } }`);
  const at = (address: string) => ({ headers: { "X-Forwarded-For": address, "X-Forwarded-Proto": "http" } });
  await using page = await open(gateway, at("10.0.0.1"));
  await page.cut();
  page.headers = at("10.9.9.9").headers;
  await page.comeBack();
  const { body } = await sendRaw(gateway.port, { path: "/api/sessions" });
  assertEquals(JSON.parse(body)[0].address, "10.9.9.9");
  await using neighbour = await open(gateway, at("10.0.0.1"));
  assertEquals(neighbour.isConnected, true);
  const refused = new ResumablePage(`${gateway.wsOrigin}/ws/vnc/pi`, at("10.9.9.9"));
  refused.connect("new");
  await refused.closed;
  assertEquals([refused.links, gateway.gateway.registry.size], [0, 2]);
});

Deno.test("a page that was reloaded while it had no link takes the place of its own held session", async () => {
  for (const limits of ["per_source: 1", "per_address: 1", "sessions: 1"]) {
    await using source = listenEchoing();
    await using gateway = await start(source.port, { limits });
    await using lost = await open(gateway);
    await lost.cut();
    await untilState(gateway, "held");
    await using reloaded = await open(gateway);
    assertEquals([source.accepted, await listStates(gateway)], [2, ["open"]], limits);
    // Whoever has a link is not disturbed, and nobody comes back to what was ended.
    lost.resume();
    await lost.closed;
    assertEquals(lost.last("goodbye")?.code, "resume_refused");
    const refused = new ResumablePage(`${gateway.wsOrigin}/ws/vnc/pi`);
    refused.connect("new");
    await refused.closed;
    assertEquals([refused.links, reloaded.isConnected], [0, true], limits);
  }
});

Deno.test("a page takes the place of a held session whose source closed", async () => {
  const finish = Promise.withResolvers<void>();
  await using source = listenTcp(async (conn) => {
    await writeAll(conn, GREETING);
    await finish.promise;
  });
  await using gateway = await start(source.port, { limits: "per_address: 1" });
  await using lost = await ResumablePage.open(`${gateway.wsOrigin}/ws/vnc/pi`);
  await lost.cut();
  await untilState(gateway, "held");
  finish.resolve();
  await waitUntil(() => gateway.gateway.registry.stuck === 1);
  await using reloaded = await ResumablePage.open(`${gateway.wsOrigin}/ws/vnc/pi`);
  await reloaded.closed;
  assertEquals(reloaded.last("goodbye")?.code, "source_closed");
});

Deno.test("a gateway that stops does not wait for held sessions", async () => {
  await using source = listenEchoing();
  await using gateway = await start(source.port, { resume: "1h" });
  await using page = await open(gateway);
  await page.cut();
  await untilState(gateway, "held");
  await gateway.gateway.drain();
  assertEquals(gateway.gateway.registry.stuck, 0);
});
