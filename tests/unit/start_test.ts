/** A whole start in this process: configuration from a file, a listener, edits, the login link, the end. */
import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { openAccessStores } from "../../src/access/stores.ts";
import { parseCommandLine } from "../../src/config/command_line.ts";
import { ConfigError } from "../../src/config/problem.ts";
import type { StartParts } from "../../src/make_gateway.ts";
import { NoLoginLink, renewLoginLink, type Running, start } from "../../src/start.ts";
import { openFileStores } from "../../src/store/file_stores.ts";
import { createLog } from "../../src/telemetry/log.ts";
import { makeCa, makeLeaf } from "../../src/tls/ca.ts";
import { ListenError } from "../../src/tls/server.ts";
import { openViewer } from "../fakes/web_viewer.ts";
import { waitUntil } from "../fakes/wait_until.ts";
import { createFileReader } from "../../src/files/file_reader.ts";

const ROOT = new URL("../../", import.meta.url);
const DEMO = "sources: { demo: { demo: true } }\n";
const PLAIN = "gateway: { listen: 127.0.0.1:0, tls: none }\n";

/** A folder with a sources.yaml, in which gateways are started. */
class Rig implements AsyncDisposable {
  readonly lines: { level: string; message: string; [field: string]: unknown }[] = [];
  readonly #running: Running[] = [];

  private constructor(readonly folder: string) {}

  static async open(yaml: string): Promise<Rig> {
    const rig = new Rig(await Deno.makeTempDir());
    await rig.edit(yaml);
    return rig;
  }

  get file(): string {
    return `${this.folder}/sources.yaml`;
  }

  edit(yaml: string): Promise<void> {
    return Deno.writeTextFile(this.file, yaml);
  }

  readonly reader = createFileReader();

  parts(...args: string[]): StartParts {
    const command = parseCommandLine([...args, "--config", this.file], () => undefined) as StartParts["command"];
    const log = createLog({ format: "json", level: "info", write: (line) => this.lines.push(JSON.parse(line)) });
    return { command, env: () => undefined, log, reader: this.reader, version: "1.2.3", root: ROOT, serve: Deno.serve };
  }

  async start(parts: Partial<StartParts> = {}): Promise<Running> {
    const running = await start({ ...this.parts(), ...parts });
    this.#running.push(running);
    return running;
  }

  async stop(running: Running): Promise<void> {
    this.#running.splice(this.#running.indexOf(running), 1);
    await running.stop();
  }

  said(text: string): boolean {
    return this.lines.some(({ message }) => message.includes(text));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const running of [...this.#running]) await this.stop(running);
    await Deno.remove(this.folder, { recursive: true });
  }
}

async function read(url: string): Promise<{ status: number; text: string }> {
  const answer = await fetch(url);
  return { status: answer.status, text: await answer.text() };
}

Deno.test("start() serves the configuration at the address that it names", async () => {
  await using rig = await Rig.open(PLAIN + DEMO);
  const { url, login } = await rig.start();
  assertMatch(url, /^http:\/\/127\.0\.0\.1:\d+\/$/);
  assertEquals(login, undefined);
  assertEquals(await read(`${url}healthz`), { status: 200, text: "ok\n" });
  assertStringIncludes((await read(`${url}api/sources`)).text, '"name":"demo"');
});

Deno.test("start() opens the built-in desktop over its own listener", async () => {
  await using rig = await Rig.open(PLAIN + DEMO);
  const { url } = await rig.start();
  await using viewer = openViewer(`${url.replace("http", "ws")}ws/vnc/demo`);
  await viewer.until(({ byteCount }) => byteCount >= 12);
  assertEquals(new TextDecoder().decode(viewer.bytes()), "RFB 003.008\n");
});

Deno.test("an edit is in force soon after it, and one with a mistake leaves the old configuration in force", async () => {
  await using rig = await Rig.open(PLAIN + DEMO);
  const { url, live } = await rig.start();
  await rig.edit(`${PLAIN}sources: { demo: { demo: true }, pi: 127.0.0.1:1 }\n`);
  await waitUntil(() => live.current.sources.has("pi"));
  assertStringIncludes((await read(`${url}api/sources`)).text, '"name":"pi"');
  await rig.edit(`${PLAIN}sources: { demo: { demo: maybe } }\n`);
  await waitUntil(() => rig.said("sources.demo.demo"));
  assert(live.current.sources.has("pi"));
  assertStringIncludes((await read(`${url}readyz`)).text, "sources.demo.demo");
});

Deno.test("an edit ends the sessions of a source that changed, and says what it takes a restart for", async () => {
  await using rig = await Rig.open(PLAIN + DEMO);
  const { url } = await rig.start();
  await using viewer = openViewer(`${url.replace("http", "ws")}ws/vnc/demo`);
  await viewer.until(({ byteCount }) => byteCount >= 12);
  await rig.edit(`${PLAIN.replace(":0", ":1")}sources: { demo: { host: 127.0.0.1, port: 1, look: off } }\n`);
  assertEquals((await viewer.closed).code, 1012);
  await waitUntil(() => rig.said("gateway.listen"));
  assertStringIncludes((await read(`${url}readyz`)).text, "gateway.listen changed; restart to apply");
});

Deno.test("a token opens as soon as it is in the token file", async () => {
  await using rig = await Rig.open(`${PLAIN}auth: none\n`);
  const tokens = `${rig.folder}/tokens`;
  await Deno.writeTextFile(tokens, "old: 127.0.0.1:1\n");
  const { url } = await rig.start(rig.parts("--token-file", tokens));
  await Deno.writeTextFile(tokens, "new one: 127.0.0.1:1\n", { append: true });
  assertEquals((await read(`${url}site/vnc/new%20one`)).status, 200);
});

Deno.test("start() warns of old key names, with their place", async () => {
  await using rig = await Rig.open(`${PLAIN}limits: { per_viewer: 3 }\n${DEMO}`);
  await rig.start();
  assert(rig.said("sources.yaml:2:11: limits.per_viewer"), JSON.stringify(rig.lines));
});

Deno.test("stop() tells viewers to come back, closes the port and lets go of everything", async () => {
  await using rig = await Rig.open(PLAIN + DEMO);
  const running = await rig.start();
  await using viewer = openViewer(`${running.url.replace("http", "ws")}ws/vnc/demo`);
  await viewer.until(({ byteCount }) => byteCount >= 12);
  await rig.stop(running);
  assertEquals((await viewer.closed).code, 1012);
  await assertRejects(() => read(running.url), TypeError);
});

Deno.test("where nobody has said how to sign in, the first start prints a login link, and no later one does", async () => {
  // A public address says that others reach the gateway through something else.
  const gateway = "gateway: { listen: 127.0.0.1:0, tls: none, public_url: https://vnc.example.net/ }\n";
  await using rig = await Rig.open(gateway + DEMO);
  const first = await rig.start();
  assertMatch(first.login ?? "", /^porthole login http:\/\/127\.0\.0\.1:\d+\/sign-in#token=[\w-]{20,}$/);
  assertEquals((await read(`${first.url}api/sources`)).status, 401);
  await rig.stop(first);
  assertEquals((await rig.start()).login, undefined);
  assertMatch(await renewLoginLink(rig.parts("link")), /#token=[\w-]{20,}$/);
});

Deno.test("renewLoginLink() has none where nobody has to sign in", async () => {
  await using rig = await Rig.open(`auth: none\n${PLAIN}${DEMO}`);
  await assertRejects(() => renewLoginLink(rig.parts("link")), NoLoginLink);
});

Deno.test("tls: auto makes a CA and a certificate, and serves them", async () => {
  const gateway = "gateway: { listen: 127.0.0.1:0 }\n";
  await using rig = await Rig.open(gateway + DEMO);
  const { url } = await rig.start();
  assertMatch(url, /^https:\/\/127\.0\.0\.1:\d+\/$/);
  const caCert = await Deno.readTextFile(`${rig.folder}/data/tls/ca.crt`);
  using client = Deno.createHttpClient({ caCerts: [caCert] });
  const answer = await fetch(`${url}ca.crt`, { client });
  assertEquals([answer.status, await answer.text()], [200, caCert]);
});

Deno.test("start() cannot listen where another program does, and says so", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr as Deno.NetAddr;
  await using rig = await Rig.open(`gateway: { listen: "127.0.0.1:${port}", tls: none }\n${DEMO}`);
  const error = await assertRejects(() => rig.start(), ListenError);
  assertEquals(error.message, `Cannot listen on 127.0.0.1:${port}: another program is listening there`);
});

Deno.test("start() refuses a configuration with mistakes, with every one of them", async () => {
  await using rig = await Rig.open("gateway: { tls: maybe }\nsources: { pi: { port: 1 } }\n");
  const error = await assertRejects(() => rig.start(), ConfigError);
  assertEquals(error.problems.length, 2);
});

Deno.test("sessions and edits are in the audit log on disk, with the address of the viewer", async () => {
  await using rig = await Rig.open(PLAIN + DEMO);
  const running = await rig.start();
  await using viewer = openViewer(`${running.url.replace("http", "ws")}ws/vnc/demo`, ["porthole.v1"]);
  await viewer.until(({ byteCount }) => byteCount >= 12);
  viewer.socket.close();
  await waitUntil(() => running.gateway.registry.size === 0);
  await rig.edit(`${PLAIN}sources: {}\n`);
  await waitUntil(() => !running.live.current.sources.has("demo"));
  await rig.edit(`${PLAIN}sources: { demo: { demo: maybe } }\n`);
  await waitUntil(() => running.live.problems.length > 0);
  await rig.stop(running);
  const text = await Deno.readTextFile(`${rig.folder}/data/audit.log`);
  const lines = text.trim().split("\n").map((line) => JSON.parse(line));
  const [ended] = lines.filter(({ event }) => event === "session_ended");
  assertEquals([ended.what, ended.from, ended.outcome], ["demo", "127.0.0.1", "viewer_left"]);
  const edits = lines.filter(({ event }) => event === "config_changed").map(({ outcome }) => outcome);
  assertEquals([edits[0], edits.at(-1)], ["ok", "refused"]);
});

Deno.test("stop() sends the service that receives the audit log what it has not taken yet", async () => {
  const received: string[] = [];
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    received.push(`${request.headers.get("authorization")} ${await request.text()}`);
    return new Response(null, { status: received.length === 1 ? 503 : 200 });
  });
  const sink = `audit: { url: "http://127.0.0.1:${server.addr.port}/", token: of-the-sink }`;
  await using rig = await Rig.open(`${PLAIN.replace(" }", `, ${sink} }`)}${DEMO}`);
  const running = await rig.start();
  running.gateway.audit.note({ event: "sign_out", who: "ada", outcome: "ok" });
  await waitUntil(() => rig.said("Cannot send the audit log"));
  await rig.stop(running);
  assertEquals(received.length, 2);
  for (const request of received) assertMatch(request, /^Bearer of-the-sink \{.*"event":"sign_out"/);
});

Deno.test("an upgrade keeps two-factor authentication on", async () => {
  await using rig = await Rig.open(PLAIN + DEMO);
  const secret = { secret: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", lastStep: 7 };
  await Deno.mkdir(`${rig.folder}/data`);
  await Deno.writeTextFile(`${rig.folder}/data/second-steps.json`, JSON.stringify({ ada: secret }));
  await rig.start();
  const { twoFactor } = openAccessStores(openFileStores({ folder: `${rig.folder}/data` }));
  assertEquals(await twoFactor.get("ada"), secret);
});

Deno.test("the certificate is also valid for the host of public_url", async () => {
  await using rig = await Rig.open(`gateway: { listen: 127.0.0.1:0, public_url: https://vnc.example.net/ }\n${DEMO}`);
  const { url } = await rig.start();
  const caCerts = [await Deno.readTextFile(`${rig.folder}/data/tls/ca.crt`)];
  for (const hostname of ["127.0.0.1", "vnc.example.net"]) {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(url).port) });
    using secured = await Deno.startTls(conn, { hostname, caCerts });
    await secured.handshake();
  }
});

Deno.test("gateway.redirect leads browsers from plain HTTP to public_url, or else to the listener's own port", async () => {
  for (const publicUrl of ["", ", public_url: https://vnc.example.net/"]) {
    const ports: number[] = [];
    const serve = ((...given: Parameters<typeof Deno.serve>) => {
      const server = Deno.serve(...given);
      ports.push((server.addr as Deno.NetAddr).port);
      return server;
    }) as typeof Deno.serve;
    await using rig = await Rig.open(`gateway: { listen: 127.0.0.1:0, redirect: 127.0.0.1:0${publicUrl} }\n${DEMO}`);
    await rig.start({ serve });
    const answer = await fetch(`http://127.0.0.1:${ports[1]}/a`, { redirect: "manual" });
    await answer.body?.cancel();
    const own = publicUrl === "" ? `https://127.0.0.1:${ports[0]}/a` : "https://vnc.example.net/a";
    assertEquals([answer.status, answer.headers.get("location")], [308, own]);
  }
});

Deno.test("viewers get the goodbye certificate_renewed when the files of the certificate change", async () => {
  const names = ["localhost", "127.0.0.1"];
  const ca = await makeCa({ host: "gate", names, nowMs: Date.now() });
  await using rig = await Rig.open(`gateway: { listen: 127.0.0.1:0, tls: { cert: pair.pem, key: pair.pem } }\n${DEMO}`);
  const renew = async () => {
    const { cert, key } = await makeLeaf({ ca, names, nowMs: Date.now() });
    await Deno.writeTextFile(`${rig.folder}/pair.pem`, cert + key);
  };
  await renew();
  const { url } = await rig.start();
  using client = Deno.createHttpClient({ caCerts: [ca.cert] });
  const socket = new WebSocket(`${url.replace("https", "wss")}ws/vnc/demo`, { protocols: ["porthole.v1"], client });
  const [opened, closed] = [Promise.withResolvers<unknown>(), Promise.withResolvers<unknown>()];
  socket.onopen = opened.resolve;
  socket.onclose = closed.resolve;
  const goodbyes: string[] = [];
  socket.onmessage = ({ data }) => {
    const message = typeof data === "string" ? JSON.parse(data) : {};
    if (message.type !== "goodbye") return;
    goodbyes.push(message.code);
    socket.close();
  };
  await opened.promise;
  await renew();
  await closed.promise;
  assertEquals(goodbyes, ["certificate_renewed"]);
  await waitUntil(() => rig.lines.some(({ message }) => message === "Session ended"));
  assertEquals(rig.lines.find(({ message }) => message === "Session ended")?.code, "certificate_renewed");
});
