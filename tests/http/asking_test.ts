/** Servers that ask their user before they let a viewer in. */
import { assertEquals, assertMatch } from "@std/assert";
import { createMemoryStores } from "../../src/store/memory_stores.ts";
import { startGateway, type TestGateway } from "../fakes/gateway.ts";
import { ManualTimers } from "../fakes/manual_timers.ts";
import { enterAsNovnc } from "../fakes/novnc_handshake.ts";
import { serve } from "../fakes/rfb_security/serve.ts";
import { startTouchyServer, type TouchyServer } from "../fakes/touchy_server.ts";
import { waitUntil } from "../fakes/wait_until.ts";
import { asByteStream } from "../fakes/web_stream.ts";
import { openViewer, type TestViewer } from "../fakes/web_viewer.ts";

const KNOWS = { username: "ada", password: "secret12" };

function startOn(
  { port }: TouchyServer,
  settings: Record<string, unknown>,
  timers: ManualTimers,
  stores = createMemoryStores(),
) {
  const yaml = JSON.stringify({ auth: "none", sources: { pi: { host: "127.0.0.1", port, ...settings } } });
  return startGateway(yaml, { now: timers.now, setTimer: timers.set, stores });
}

/** The page, which has begun to open the source. */
function openPage({ wsOrigin }: TestGateway) {
  const page = openViewer(`${wsOrigin}/ws/vnc/pi`, ["porthole.v1"]);
  const entering = serve(asByteStream(page), enterAsNovnc(KNOWS)).then(() => "entered", () => "failed");
  return { page, entering, [Symbol.asyncDispose]: () => page[Symbol.asyncDispose]() };
}

const has = (type: string) => ({ side }: TestViewer) => side.some((message) => message.type === type);
const goodbye = ({ side }: TestViewer) => side.find(({ type }) => type === "goodbye")!;

const rows: [string, "offer" | "login", Record<string, unknown>][] = [
  ["the viewer logs in, and the server asks at the connection", "offer", {}],
  ["the gateway logs in, and the server asks at the connection", "offer", { view_only: true }],
  ["the gateway logs in, and the server asks at the login", "login", { clipboard: "in" }],
];

for (const [name, asks, settings] of rows) {
  Deno.test(`a user at the screen has a minute to accept: ${name}`, async () => {
    const timers = new ManualTimers();
    await using server = await startTouchyServer({ asks });
    await using gateway = await startOn(server, settings, timers);
    await using rig = openPage(gateway);
    await waitUntil(() => server.asked === 1);
    assertEquals(rig.page.side.some(({ type }) => type === "asking"), false);
    timers.pass(4_000);
    await rig.page.until(has("asking"));
    timers.pass(36_000);
    server.prompts[0]!();
    assertEquals(await rig.entering, "entered");
    assertEquals(server.asked, 1);
  });

  Deno.test(`a page that nobody accepts does not ask again by itself: ${name}`, async () => {
    const timers = new ManualTimers();
    await using server = await startTouchyServer({ asks });
    await using gateway = await startOn(server, { ...settings, login_timeout: "2m" }, timers);
    await using rig = openPage(gateway);
    await waitUntil(() => server.asked === 1);
    timers.pass(119_000);
    assertEquals(rig.page.side.some(({ type }) => type === "goodbye"), false);
    timers.pass(1_000);
    await rig.page.until(has("goodbye"));
    const { code, retry, message } = goodbye(rig.page);
    assertEquals([code, retry], ["vnc_timeout", false]);
    assertMatch(String(message), /^Cannot open pi: .* in time; someone at that screen may have to accept/);
    await rig.page.closed;
    const { status } = await (await fetch(`${gateway.origin}/api/sources/pi`)).json();
    assertEquals(status, "unknown", "it is not down");
  });

  Deno.test(`a page that the user declined does not ask again by itself: ${name}`, async () => {
    const timers = new ManualTimers();
    const server = await startTouchyServer({ asks });
    await using gateway = await startOn(server, settings, timers);
    await using rig = openPage(gateway);
    await waitUntil(() => server.asked === 1);
    timers.pass(4_000);
    await server.stop();
    await rig.page.until(has("goodbye"));
    const { code, retry, message } = goodbye(rig.page);
    assertEquals([code, retry], ["vnc_refused", false]);
    assertMatch(String(message), /someone at that screen may have declined it$/);
  });
}

Deno.test("prewarming asks once: it does not dial a server that asks again, in the next runs of the gateway neither", async () => {
  const [timers, stores] = [new ManualTimers(), createMemoryStores()];
  await using server = await startTouchyServer({ asks: "login" });
  for (let runs = 0; runs < 3; runs++) {
    await using gateway = await startOn(server, { prewarm: 2 }, timers, stores);
    gateway.gateway.applyConfig();
    if (runs === 0) await waitUntil(() => server.asked === 1);
    timers.pass(20_000);
    await waitUntil(() => gateway.lines.some(({ message }) => message === "Cannot prewarm a connection"));
    for (let tries = 0; tries < 5; tries++) timers.pass(3_600_000);
    assertEquals(server.asked, 1);
  }
});

Deno.test("prewarming begins again once a viewer was let in without being asked about", async () => {
  const timers = new ManualTimers();
  await using server = await startTouchyServer({ asks: "login" });
  await using gateway = await startOn(server, { prewarm: 1, clipboard: "in" }, timers);
  gateway.gateway.applyConfig();
  await waitUntil(() => server.asked === 1);
  timers.pass(20_000);
  await waitUntil(() => gateway.lines.some(({ message }) => message === "Cannot prewarm a connection"));
  server.calm();
  await using rig = openPage(gateway);
  assertEquals(await rig.entering, "entered");
  await waitUntil(() => {
    timers.pass(60_000);
    return server.reached.filter((reached) => reached === "login").length === 1;
  });
});
