import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import { connect } from "node:tls";
import { makeCa, makeLeaf } from "../../src/tls/ca.ts";
import { type CertificatePair, type CertificateSource, readPair } from "../../src/tls/certificate.ts";
import { createCertificates } from "../../src/tls/keep.ts";
import { createPublished } from "../../src/tls/published.ts";
import { createRedirect } from "../../src/tls/redirect.ts";
import { createListener, type Listener, type ListenerOptions } from "../../src/tls/serve.ts";
import { type Handler, ListenError } from "../../src/tls/server.ts";
import { waitUntil } from "../fakes/wait_until.ts";
import { testWith } from "../live/programs.ts";

const NAMES = ["localhost", "127.0.0.1", "::1"];
const ca = await makeCa({ host: "gate", names: NAMES, nowMs: Date.now() });
const [first, second] = [await sign(), await sign()];

async function sign(): Promise<CertificatePair> {
  const { cert, key } = await makeLeaf({ ca, names: NAMES, nowMs: Date.now() });
  return readPair(cert, key, { cert: "cert", key: "key" });
}

/** A certificate source that renews when told to. */
function createSource(): CertificateSource & { publish: (pair: CertificatePair) => void } {
  const { subscribe, publish, ...rest } = createPublished(first);
  return { ...rest, subscribe, publish, close: () => {} };
}

function listen(options: Partial<ListenerOptions> = {}) {
  const certificate = createSource();
  const listener = createListener({
    serve: Deno.serve,
    address: { kind: "tcp", hostname: "127.0.0.1", port: 0 },
    certificate,
    handler: () => new Response("hello"),
    ...options,
  });
  return { listener, certificate, port: portOf(listener), [Symbol.asyncDispose]: () => listener.close() };
}

function portOf({ address }: Listener): number {
  return address.kind === "tcp" ? address.port : 0;
}

/** The answer's body and the fingerprint of who gave it, over a connection of its own. */
async function ask(port: number): Promise<{ text: string; fingerprint256: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ text: string; fingerprint256: string }>();
  const socket = connect({ host: "127.0.0.1", port, ca: ca.cert, servername: "localhost" }, () => {
    const { fingerprint256 } = socket.getPeerCertificate();
    let text = "";
    socket.on("data", (chunk: Uint8Array) => text += new TextDecoder().decode(chunk));
    socket.on("end", () => text === "" ? reject(new Error("empty reply")) : resolve({ text, fingerprint256 }));
    socket.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  });
  socket.on("error", reject);
  const closed = new Promise((done) => socket.on("close", done));
  try {
    return await promise;
  } finally {
    socket.destroy();
    await closed;
  }
}

async function askUntil(port: number, { fingerprint256 }: CertificatePair): Promise<number> {
  let asked = 1;
  for (let row = 0; row < 20; asked++) row = (await ask(port)).fingerprint256 === fingerprint256 ? row + 1 : 0;
  return asked;
}

Deno.test("fetch accepts the certificate for every name when it trusts only the CA", async () => {
  const dataDir = Deno.makeTempDirSync();
  const certificate = await createCertificates({ dataDir, names: () => NAMES });
  const listener = createListener({
    serve: Deno.serve,
    address: { kind: "tcp", hostname: "::", port: 0 },
    certificate,
    handler: () => new Response("hello"),
  });
  using client = Deno.createHttpClient({ caCerts: [certificate.current.caPem!], poolMaxIdlePerHost: 0 });
  for (const host of ["localhost", "127.0.0.1", "[::1]"]) {
    assertEquals(await (await fetch(`https://${host}:${portOf(listener)}/`, { client })).text(), "hello");
  }
  await assertRejects(() => fetch(`https://localhost:${portOf(listener)}/`));
  certificate.close();
  await listener.close();
  Deno.removeSync(dataDir, { recursive: true });
});

testWith(["curl"], "curl accepts the certificate with --cacert", async () => {
  await using rig = listen();
  const file = Deno.makeTempFileSync();
  Deno.writeTextFileSync(file, ca.cert);
  for (const host of ["localhost", "127.0.0.1"]) {
    const { stdout, stderr } = await new Deno.Command("curl", {
      args: ["-sS", "--noproxy", "*", "--cacert", file, `https://${host}:${rig.port}/`],
    }).output();
    assertEquals(new TextDecoder().decode(stdout), "hello", new TextDecoder().decode(stderr));
  }
  Deno.removeSync(file);
});

Deno.test("a renewed certificate is served on the same port, and consecutive connections do not fail meanwhile", async () => {
  await using rig = listen();
  let asked = await askUntil(rig.port, first);
  for (const pair of [second, first, second]) {
    rig.certificate.publish(pair);
    asked += await askUntil(rig.port, pair);
  }
  assertEquals(portOf(rig.listener), rig.port);
  assert(asked >= 80);
});

Deno.test("a renewal completes even if no request arrives", async () => {
  const servers: Deno.HttpServer[] = [];
  const serve = ((...given: Parameters<typeof Deno.serve>) => {
    const server = Deno.serve(...given);
    servers.push(server);
    return server;
  }) as typeof Deno.serve;
  await using rig = listen({ serve });
  rig.certificate.publish(second);
  await servers[0]!.finished;
  assertEquals((await ask(rig.port)).fingerprint256, second.fingerprint256);
});

Deno.test("a renewal says goodbye before it closes WebSockets, and they come back on the new certificate", async () => {
  const sockets: WebSocket[] = [];
  const handler: Handler = (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    sockets.push(socket);
    return response;
  };
  await using rig = listen({ handler, onReplace: () => sockets.forEach((socket) => socket.send("goodbye")) });
  using client = Deno.createHttpClient({ caCerts: [ca.cert] });
  const open = () => new WebSocket(`wss://localhost:${rig.port}/`, { client });
  const viewer = open();
  const heard: unknown[] = [];
  viewer.onmessage = ({ data }) => heard.push(data);
  await new Promise((done) => viewer.onopen = done);
  const closed = new Promise<CloseEvent>((done) => viewer.onclose = done);
  const beganMs = performance.now();
  rig.certificate.publish(second);
  assertEquals((await closed).code, 1001);
  assertEquals(heard, ["goodbye"]);
  const again = open();
  await new Promise((done) => again.onopen = done);
  assert(performance.now() - beganMs < 2_000);
  const over = new Promise((done) => again.onclose = done);
  again.close();
  await over;
});

Deno.test("a renewal lets a response under way finish", async () => {
  const [asked, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const handler: Handler = async () => {
    asked.resolve();
    await go.promise;
    return new Response("late");
  };
  await using rig = listen({ handler, onReplace: () => go.resolve() });
  const answer = ask(rig.port);
  await asked.promise;
  rig.certificate.publish(second);
  assertMatch((await answer).text, /late$/);
});

Deno.test("a pair that cannot be served is reported, and the old one stays in use", async () => {
  const told = Promise.withResolvers<string>();
  await using rig = listen({ tell: (_level, message) => told.resolve(message) });
  rig.certificate.publish({ ...second, key: "nonsense" });
  assertMatch(await told.promise, /^Keeping the old certificate: Cannot listen on 127\.0\.0\.1:\d+: /);
  await askUntil(rig.port, first);
  rig.certificate.publish(second);
  await askUntil(rig.port, second);
});

Deno.test("a port that cannot be shared is closed for a moment only, whatever is under way and holds it", async () => {
  const [asked, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const handler: Handler = async (request) => {
    if (request.url.endsWith("/slow")) {
      asked.resolve();
      await go.promise;
    }
    return new Response("hello");
  };
  // The system does not give the port back at once.
  let refusals = 0;
  const serve = ((...given: Parameters<typeof Deno.serve>) => {
    if (refusals-- > 0) throw new Deno.errors.AddrInUse("in use");
    return Deno.serve(...given);
  }) as typeof Deno.serve;
  const told: string[] = [];
  await using rig = listen({ sharesPort: false, handler, serve, tell: (_level, message) => told.push(message) });
  using client = Deno.createHttpClient({ caCerts: [ca.cert] });
  const slow = fetch(`https://localhost:${rig.port}/slow`, { client }).then((answer) => answer.text());
  await asked.promise;
  for (const pair of [second, first, second]) {
    refusals = 5;
    rig.certificate.publish(pair);
    await waitUntil(() => ask(rig.port).then((answer) => answer.fingerprint256 === pair.fingerprint256, () => false));
    // Its end lets the next renewal begin.
    go.resolve();
  }
  assertEquals([await slow, told, rig.listener.isUp], ["hello", [], true]);
});

Deno.test("if a port cannot be shared, a pair that cannot be served is reported, and the old one goes on", async () => {
  const told = Promise.withResolvers<string>();
  await using rig = listen({ sharesPort: false, tell: (_level, message) => told.resolve(message) });
  rig.certificate.publish({ ...second, key: "nonsense" });
  assertMatch(await told.promise, /^Keeping the old certificate: /);
  await waitUntil(() => ask(rig.port).then((answer) => answer.fingerprint256 === first.fingerprint256, () => false));
  rig.certificate.publish(second);
  await waitUntil(() => ask(rig.port).then((answer) => answer.fingerprint256 === second.fingerprint256, () => false));
});

Deno.test("a listener that is closed during a renewal leaves nothing behind", async () => {
  for (const sharesPort of [true, false]) {
    const { listener, certificate, port } = listen({ sharesPort });
    certificate.publish(second);
    certificate.publish(first);
    await listener.close();
    certificate.publish(second);
    await assertRejects(() => ask(port));
  }
});

Deno.test("a port that is in use, even by another gateway, is an error that names it", async () => {
  await using rig = listen();
  const address = { kind: "tcp", hostname: "127.0.0.1", port: rig.port } as const;
  assertThrows(() => listen({ address }), ListenError, `127.0.0.1:${rig.port}: another program is listening there`);
  assertThrows(
    () => createListener({ serve: Deno.serve, address, handler: () => new Response() }),
    ListenError,
    "another program is listening there",
  );
  assertThrows(() => listen({ address: { ...address, hostname: "192.0.2.77" } }), ListenError, "does not have that");
});

Deno.test("a unix socket speaks plain HTTP, and replaces one that was left behind", async () => {
  const folder = Deno.makeTempDirSync();
  const path = `${folder}/porthole.sock`;
  Deno.listen({ transport: "unix", path }).close();
  for (let start = 0; start < 2; start++) {
    await using _rig = listen({ address: { kind: "unix", path } });
    using client = Deno.createHttpClient({ proxy: { transport: "unix", path } });
    assertEquals(await (await fetch("http://localhost/", { client })).text(), "hello");
  }
  Deno.removeSync(folder, { recursive: true });
});

Deno.test("the redirect listener redirects a browser to HTTPS on a host of the gateway", async () => {
  const redirect = createRedirect({ names: () => NAMES, port: 8443 });
  await using rig = listen({ handler: redirect, certificate: undefined } as never);
  const answer = await fetch(`http://127.0.0.1:${rig.port}/a?b`, { redirect: "manual" });
  await answer.body?.cancel();
  assertEquals([answer.status, answer.headers.get("location")], [308, "https://127.0.0.1:8443/a?b"]);
  using raw = await Deno.connect({ hostname: "127.0.0.1", port: rig.port });
  await raw.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"));
  assertMatch(await new Response(raw.readable).text(), /^HTTP\/1\.1 421 /);
});

for (const secure of [true, false]) {
  Deno.test(`replace() ends every connection and goes on${secure ? ", over TLS" : ""}`, async () => {
    const handler: Handler = (request) => {
      if (request.headers.has("upgrade")) return Deno.upgradeWebSocket(request).response;
      return new Response("hello");
    };
    await using rig = listen({ handler, ...(secure ? {} : { certificate: undefined }) } as never);
    using client = Deno.createHttpClient({ caCerts: [ca.cert] });
    const socket = new WebSocket(`${secure ? "wss" : "ws"}://localhost:${rig.port}/`, { client });
    await new Promise((done) => socket.onopen = done);
    const closed = new Promise((done) => socket.onclose = done);
    await rig.listener.replace();
    await closed;
    const again = await fetch(`${secure ? "https" : "http"}://localhost:${rig.port}/`, { client });
    assertEquals([await again.text(), rig.listener.isUp], ["hello", true]);
  });
}
