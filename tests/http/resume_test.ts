/** Sessions whose viewer loses its link and comes back, on a whole gateway. */
import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { parseDown } from "../../src/side_channel/messages.ts";
import { enterDesktop } from "../fakes/enter_desktop.ts";
import { startGateway, type TestGateway } from "../fakes/gateway.ts";
import { ENTERED_BYTES, listenEchoing } from "../fakes/open_source.ts";
import { ResumablePage } from "../fakes/resumable_page.ts";
import { openRaw } from "../fakes/raw_viewer.ts";
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

Deno.test("with resume: 0, and without the flag, there is no token", async () => {
  await using source = listenEchoing();
  await using gateway = await start(source.port, { resume: "0" });
  const page = new ResumablePage(`${gateway.wsOrigin}/ws/vnc/pi`);
  page.connect("new");
  await page.until(({ byteCount }) => byteCount === 12);
  assertEquals(page.last("resumable"), undefined);
  await page.cut();
  await waitUntil(() => gateway.gateway.registry.size === 0);
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
