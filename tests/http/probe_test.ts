/** What a look at a source says, and that what cannot be opened says why: in the probe, on the dashboard and in a session. */
import { assertEquals } from "@std/assert";
import { ADVICE } from "../../src/rfb/security/advice.ts";
import { PortholeError } from "../../src/errors.ts";
import { startGateway, type TestGateway } from "../fakes/gateway.ts";
import { leaf, rsaKey } from "../fakes/login_meeting.ts";
import { serve } from "../fakes/rfb_security/serve.ts";
import { type FakeSource, playSource } from "../fakes/rfb_security/source.ts";
import { type FakeRfb, startFakeRfb } from "../fakes/rfb_server.ts";
import { waitUntil } from "../fakes/wait_until.ts";
import { openViewer } from "../fakes/web_viewer.ts";

function startSource(fake: FakeSource): Promise<FakeRfb> {
  return startFakeRfb({
    script: async (stream) => {
      const served = await serve(stream, playSource({ key: rsaKey, ...fake }), leaf).catch(() => undefined);
      await stream.ended;
      served?.stream.close();
    },
  });
}

function startOn({ port }: FakeRfb, settings: Record<string, unknown> = {}): Promise<TestGateway> {
  return startGateway(JSON.stringify({ auth: "none", sources: { pi: { host: "127.0.0.1", port, ...settings } } }));
}

async function probe({ origin }: TestGateway): Promise<Record<string, unknown>> {
  const { status, detail, mode = "", code = "" } = await (await fetch(`${origin}/api/sources/pi/probe`)).json();
  return { status, detail, mode, code };
}

type Settings = Record<string, unknown>;
const up: [string, FakeSource, Settings, string, string][] = [
  ["None", { types: [1] }, {}, "RFB 3.8, None", "pass_through"],
  ["None of an old server", { version: "RFB 003.003", types: [1] }, {}, "RFB 3.3, None", "pass_through"],
  ["a password", { types: [2] }, {}, "RFB 3.8, VNC Authentication, needs password", "pass_through"],
  [
    "a password, for view-only",
    { types: [2] },
    { view_only: true },
    "RFB 3.8, VNC Authentication, needs password",
    "login",
  ],
  ["a password, kept ready", { types: [2] }, { prewarm: 1 }, "RFB 3.8, VNC Authentication, needs password", "login"],
  ["what only a browser speaks", { types: [113] }, {}, "RFB 3.8, MS-Logon II", "pass_through"],
  ["what only the gateway speaks", { types: [129] }, {}, "RFB 3.8, RSA-AES-256, needs password", "login"],
  [
    "the Raspberry Pi's",
    { types: [19, 129], subtypes: [262] },
    {},
    "RFB 3.8, VeNCrypt X509Plain, RSA-AES-256, needs user and password",
    "login",
  ],
  [
    "a secret that is right",
    { types: [2], password: "right" },
    { password: "right" },
    "RFB 3.8, VNC Authentication",
    "login",
  ],
];

for (const [name, fake, settings, detail, mode] of up) {
  Deno.test(`a probe reports version, security type, needed credentials and mode: ${name}`, async () => {
    await using source = await startSource(fake);
    await using gateway = await startOn(source, settings);
    assertEquals(await probe(gateway), { status: "up", detail, mode, code: "" });
  });
}

const CANNOT = "which Porthole cannot speak; ";
const down: [string, FakeSource, Settings, string][] = [
  [
    "anonymous TLS",
    { types: [19], subtypes: [258] },
    {},
    `the server offers VeNCrypt TLSVnc (anonymous TLS), ${CANNOT}${ADVICE.useX509}`,
  ],
  ["GNOME's", { types: [18] }, {}, `the server offers TLS (anonymous TLS), ${CANNOT}${ADVICE.allowClear}`],
  [
    "Apple's own",
    { types: [33, 36] },
    {},
    `the server offers Apple RSA, Apple SRP, ${CANNOT}${ADVICE.allowApplePassword}`,
  ],
  [
    "SASL",
    { types: [19], subtypes: [264] },
    {},
    `the server offers VeNCrypt X509SASL, ${CANNOT}${ADVICE.dropSasl}`,
  ],
  [
    "RealVNC's own",
    { types: [13] },
    {},
    `the server offers RSA-AES two-step, ${CANNOT}${ADVICE.useRealVncAuth}`,
  ],
  [
    "less than tls: asks for",
    { types: [2] },
    { tls: { fingerprint: `sha256:${"a".repeat(64)}` } },
    "the server must prove its identity, but offers only VNC Authentication; enable X509Vnc or X509Plain on the server, or " +
    "remove tls: from the source and its line from pins.json",
  ],
];

for (const [name, fake, settings, state] of down) {
  Deno.test(`a source that cannot be opened says why and what to change: ${name}`, async () => {
    await using source = await startSource(fake);
    await using gateway = await startOn(source, settings);
    const found = await probe(gateway);
    assertEquals([found.status, found.detail], ["down", `Cannot open pi: ${state}`]);
  });
}

Deno.test("a source that cannot be opened says why on the dashboard and to a viewer that opens it anyway", async () => {
  await using source = await startSource({ types: [19], subtypes: [258] });
  await using gateway = await startOn(source);
  const { detail } = await probe(gateway);
  const dashboard = await (await fetch(gateway.origin)).text();
  assertEquals(dashboard.includes(String(detail)), true);
  await using viewer = openViewer(`${gateway.wsOrigin}/ws/vnc/pi`, ["porthole.v1"]);
  await viewer.until(({ byteCount }) => byteCount === 12);
  viewer.send(new TextEncoder().encode("RFB 003.008\n"));
  await viewer.closed;
  const goodbye = viewer.side.find(({ type }) => type === "goodbye");
  assertEquals([goodbye?.code, goodbye?.message ?? goodbye?.reason], ["vnc_refused", detail]);
});

Deno.test("a refused secret is not tried by later probes, until POST …/retry, and then once", async () => {
  await using source = await startSource({ types: [2], password: "right" });
  await using gateway = await startOn(source, { password: "wrong" });
  const refused = { status: "down", mode: "", code: "vnc_login_failed" };
  const detail = "Cannot open pi: the server refused the password";
  assertEquals(await probe(gateway), { ...refused, detail });
  const retry = (name: string, init: RequestInit = {}) => {
    return fetch(`${gateway.origin}/api/sources/${name}/retry`, { method: "POST", ...init });
  };
  const answers = [await retry("nobody"), await retry("pi", { headers: { origin: "https://evil.example" } })];
  assertEquals(answers.map(({ status }) => status), [404, 403]);
  for (const answer of answers) await answer.body?.cancel();
  await probe(gateway);
  assertEquals(source.accepted, 1);
  assertEquals((await retry("pi")).status, 204);
  assertEquals(await probe(gateway), { ...refused, detail });
  await probe(gateway);
  assertEquals(source.accepted, 2);
});

/** What is known of the source, without looking. */
async function readFinding({ origin }: TestGateway): Promise<Record<string, unknown>> {
  const { status, detail, code = "" } = await (await fetch(`${origin}/api/sources/pi`)).json();
  return { status, detail, code };
}

Deno.test("a session that opens says that the source is up, and one that the source ends says why it is down", async () => {
  await using source = await startSource({ types: [1] });
  await using gateway = await startOn(source);
  const { registry } = gateway.gateway;
  assertEquals((await readFinding(gateway)).status, "unknown");
  await using viewer = openViewer(`${gateway.wsOrigin}/ws/vnc/pi`);
  await viewer.until(({ byteCount }) => byteCount === 12);
  viewer.send(new TextEncoder().encode("RFB 003.008\n"));
  await waitUntil(() => registry.hasOpen("pi"));
  assertEquals((await readFinding(gateway)).status, "up");
  // A limit, an administrator or an idle user says nothing about the source.
  registry.endWhere(() => true, new PortholeError("idle", "No input"));
  await viewer.closed;
  await waitUntil(() => registry.size === 0);
  assertEquals((await readFinding(gateway)).status, "up");

  await source[Symbol.asyncDispose]();
  await using second = openViewer(`${gateway.wsOrigin}/ws/vnc/pi`);
  await second.closed;
  const down = { status: "down", detail: "Cannot reach pi: connection refused", code: "vnc_refused" };
  assertEquals(await readFinding(gateway), down);
});

Deno.test("a server that accepts a wrong password and closes is found out, without ClientInit", async () => {
  for (const [password, status] of [["wrong", "down"], ["right", "up"]]) {
    await using source = await startSource({
      types: [19],
      subtypes: [256],
      username: "ada",
      password: "right",
      onWrong: "garbage",
    });
    await using gateway = await startOn(source, { username: "ada", password });
    const found = await probe(gateway);
    const detail = status === "up"
      ? "RFB 3.8, VeNCrypt Plain"
      : "Cannot open pi: the server refused the user name or password";
    assertEquals([found.status, found.detail], [status, detail]);
  }
});
