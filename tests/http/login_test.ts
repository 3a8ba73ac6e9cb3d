/** Logging in through a whole gateway: who is asked, how often the source is tried, and what policy keeps from it. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { startGateway, type TestGateway } from "../fakes/gateway.ts";
import { openRaw } from "../fakes/raw_viewer.ts";
import { type FakeRfb, startFakeRfb } from "../fakes/rfb_server.ts";
import { RfbViewer } from "../fakes/rfb_viewer.ts";
import { waitUntil } from "../fakes/wait_until.ts";
import { asByteStream } from "../fakes/web_stream.ts";
import { openViewer, type TestViewer } from "../fakes/web_viewer.ts";

function start(fake: FakeRfb, more: string, limits = ""): Promise<TestGateway> {
  const yaml = `auth: none\nlimits: { per_address: 20, ${limits} }\n` +
    `sources:\n  pi: { host: 127.0.0.1, port: ${fake.port}, title: The Pi, ${more} }\n`;
  return startGateway(yaml);
}

/** A page, and the noVNC in it. */
function openPage({ wsOrigin }: TestGateway, protocol = "porthole.v1") {
  const page = openViewer(`${wsOrigin}/ws/vnc/pi`, [protocol]);
  return { page, stream: asByteStream(page), [Symbol.asyncDispose]: () => page[Symbol.asyncDispose]() };
}

const tells = (type: string, count = 1) => ({ side }: TestViewer) =>
  side.filter((message) => message.type === type).length >= count;
const last = ({ side }: TestViewer, type: string) => side.findLast((message) => message.type === type);
const answer = (page: TestViewer, password: string) => page.send(JSON.stringify({ type: "credentials", password }));

const offers: [string | undefined, string | undefined][] = [
  ["porthole.v1", "porthole.v1"],
  ["binary, porthole.v1", "porthole.v1"],
  ["porthole.v1,binary", "porthole.v1"],
  ["binary,base64", "binary"],
  ["base64", undefined],
  [undefined, undefined],
];
for (const [offered, chosen] of offers) {
  Deno.test(`offered ${offered ?? "no subprotocol"}, the gateway chooses ${chosen ?? "none"}`, async () => {
    await using fake = await startFakeRfb();
    await using gateway = await start(fake, "");
    await using viewer = await openRaw(gateway.port, "/ws/vnc/pi", { "Sec-WebSocket-Protocol": offered });
    assertEquals(viewer.status, 101);
    assertEquals(/^sec-websocket-protocol: (.*)$/im.exec(viewer.head)?.[1], chosen);
    await viewer.until(({ downBytes }) => downBytes === 12);
    assertEquals(viewer.texts.length > 0, chosen === "porthole.v1");
  });
}

Deno.test("a page receives the states, a hello, and one round-trip time for each ping", async () => {
  await using fake = await startFakeRfb();
  await using gateway = await start(fake, "");
  await using rig = openPage(gateway);
  const { page, stream } = rig;
  await RfbViewer.open(stream);
  await page.until(tells("ping"));
  const { session, ...hello } = last(page, "hello")!;
  assertMatch(String(session), /^[0-9a-f]{12}$/);
  assertEquals(hello, {
    type: "hello",
    source: "pi",
    title: "The Pi",
    view_only: false,
    clipboard: "both",
    clipboard_limit: 1024 ** 2,
    mode: "pass_through",
    security: "None",
    version: "3.8",
  });
  assertEquals(page.side.filter(({ type }) => type === "state").map(({ state }) => state), [
    "dialing",
    "handshake",
    "open",
  ]);
  const { id } = last(page, "ping")!;
  for (const wrong of [0, "1", null, 99]) page.send(JSON.stringify({ type: "pong", id: wrong }));
  for (let at = 0; at < 100; at++) page.send(JSON.stringify({ type: "pong", id }));
  await page.until(tells("rtt"));
  const [shown] = await (await fetch(`${gateway.origin}/api/sessions`)).json();
  assertEquals(shown.rtt_ms, last(page, "rtt")!.ms);
  await (await playThrough(gateway))[Symbol.asyncDispose]();
  assertEquals(page.side.filter(({ type }) => type === "rtt").length, 1);
});

/** One more session from end to end, behind which everything sent before has arrived. */
async function playThrough(gateway: TestGateway) {
  const rig = openPage(gateway);
  await RfbViewer.open(rig.stream);
  return rig;
}

Deno.test("the page is asked for a password that is missing, and again when it was wrong", async () => {
  await using fake = await startFakeRfb({ password: "right" });
  await using gateway = await start(fake, "view_only: true");
  await using rig = openPage(gateway);
  const { page, stream } = rig;
  const opening = RfbViewer.open(stream);
  await page.until(tells("ask"));
  assertEquals(last(page, "ask"), { type: "ask", fields: ["password"] });
  answer(page, "wrong");
  await page.until(tells("ask", 2));
  const { fields, message } = last(page, "ask")!;
  assertEquals(fields, ["password"]);
  assertMatch(String(message), /^Cannot open The Pi: .*Wrong password/);
  answer(page, "right");
  assertEquals((await opening).name, "Fake");
  assertEquals(last(page, "hello")!.mode, "login");
  await fake.waitFor(({ live }) => live === 1);
});

Deno.test("after three wrong passwords, passwords do not reach the source for a while", async () => {
  await using fake = await startFakeRfb({ password: "right" });
  await using gateway = await start(fake, "view_only: true");
  await using rig = openPage(gateway);
  const { page } = rig;
  for (let asked = 1; asked <= 3; asked++) {
    await page.until(tells("ask", asked));
    answer(page, `wrong ${asked}`);
  }
  await page.until((page) => tells("ask", 4)(page) || tells("goodbye")(page));
  const { accepted } = fake;
  if (!tells("goodbye")(page)) answer(page, "right");
  await page.until(tells("goodbye"));
  const { code, close, message } = last(page, "goodbye")!;
  assertEquals([code, close], ["vnc_login_failed", 4511]);
  assertMatch(String(message), /^The Pi|^Cannot open The Pi: there were too many failed logins; next try in \d+ s$/);
  await using second = openPage(gateway, "binary");
  assertEquals((await second.page.closed).code, 4511);
  assertEquals(fake.accepted, accepted);
  assert(!/wrong \d/.test(JSON.stringify(gateway.lines)), "a password stands in the log");
});

Deno.test("a configured password that is wrong is tried once, until a user says to try again", async () => {
  await using fake = await startFakeRfb({ password: "right" });
  await using gateway = await start(fake, "password: wrong");
  for (let at = 0; at < 3; at++) {
    await using rig = openPage(gateway, "binary");
    const { code, reason } = await rig.page.closed;
    assertEquals(code, 4511);
    assertMatch(reason, /^Cannot open The Pi: /);
    assertEquals(fake.accepted, 1);
  }
  const retried = await fetch(`${gateway.origin}/api/sources/pi/retry`, { method: "POST" });
  await retried.body?.cancel();
  assertEquals(retried.status, 204);
  await using rig = openPage(gateway, "binary");
  await rig.page.closed;
  assertEquals(fake.accepted, 2);
});

Deno.test("ten viewers at once log in one after the other", async () => {
  await using fake = await startFakeRfb({ password: "right" });
  await using gateway = await start(fake, "password: right");
  const rigs = Array.from({ length: 10 }, () => openPage(gateway, "binary"));
  await Promise.all(rigs.map(({ stream }) => RfbViewer.open(stream)));
  const steps = fake.events.map(({ type }) => type).filter((type) => type !== "FramebufferUpdateRequest");
  const one = ["ProtocolVersion", "SecurityType", "ClientInit"];
  assertEquals(steps, Array.from({ length: 10 }, () => one).flat());
  for (const { page } of rigs) await page[Symbol.asyncDispose]();
  await waitUntil(() => gateway.gateway.registry.size === 0);
  await fake.waitFor(({ live }) => live === 0);
});

Deno.test("of a view-only session no key, pointer or cut text reaches the source, whatever the cuts", async () => {
  for (const dribble of [false, true]) {
    await using fake = await startFakeRfb();
    await using gateway = await start(fake, "view_only: true");
    await using rig = openPage(gateway, "binary");
    const viewer = await RfbViewer.open(rig.stream, { dribble });
    await viewer.send(4, 1, 0, 0, 0, 0, 0, 0x61);
    await viewer.send(5, 1, 0, 10, 0, 10);
    await viewer.cut("secret");
    await viewer.update(true);
    await viewer.send(5, 0, 0, 10, 0, 10, 4, 0, 0, 0, 0, 0, 0, 0x61);
    await viewer.update(true);
    const types = new Set(fake.events.map(({ type }) => type));
    assertEquals([...types].filter((type) => ["KeyEvent", "PointerEvent", "ClientCutText"].includes(type)), []);
    assert(fake.seen("FramebufferUpdateRequest").length >= 2);
  }
});

for (const [clipboard, goesUp] of [["both", true], ["in", true], ["out", false], ["none", false]] as const) {
  Deno.test(`clipboard: ${clipboard} ${goesUp ? "lets cut text up" : "keeps cut text from the source"}`, async () => {
    await using fake = await startFakeRfb();
    await using gateway = await start(fake, `clipboard: ${clipboard}`);
    await using rig = openPage(gateway, "binary");
    const viewer = await RfbViewer.open(rig.stream);
    await viewer.cut("hello");
    await viewer.send(4, 1, 0, 0, 0, 0, 0, 0x61);
    await viewer.update(true);
    assertEquals(fake.seen("ClientCutText").map(({ text }) => text), goesUp ? ["hello"] : []);
    assertEquals(fake.seen("KeyEvent").length, 1);
  });
}
