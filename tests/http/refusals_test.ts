/** Every way not to get a session: the status or the close code, and the sentence. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { startTimer } from "../../src/async/timer.ts";
import { startGateway } from "../fakes/gateway.ts";
import { dialRaw, encodeFrame, openRaw, requestUpgrade } from "../fakes/raw_viewer.ts";
import { startFakeRfb } from "../fakes/rfb_server.ts";
import { fillBacklog, GREETING, listenPatiently, listenTcp, readToEnd, writeAll } from "../fakes/tcp_source.ts";
import { waitUntil } from "../fakes/wait_until.ts";
import { openViewer } from "../fakes/web_viewer.ts";

const encode = (text: string) => new TextEncoder().encode(text);
/** Nothing listens there: below it only root binds, and nobody does. */
const CLOSED_PORT = 1;

function yamlFor(port: number, more = ""): string {
  return `auth: none\n${more}\nsources:\n  pi: { host: 127.0.0.1, port: ${port}, title: The Pi }\n`;
}

const strangers: [string, string | undefined, string][] = [
  ["an HTTP server", "HTTP/1.1 400 Bad Request\r\n\r\n", "that is a web server, not a VNC server"],
  ["an SSH server", "SSH-2.0-OpenSSH_9.2\r\n", "that is an SSH server, not a VNC server"],
  ["garbage", "\0\x01\x02garbage and more of it", "that is not a VNC server"],
  ["a source that closes at once", undefined, "the server closed the connection at once"],
];
for (const protocol of ["binary", "porthole.v1"]) {
  for (const [who, banner, state] of strangers) {
    Deno.test(`${who} is refused by name and not one byte passes (${protocol})`, async () => {
      await using source = listenTcp(async (conn) => {
        if (banner === undefined) return;
        await writeAll(conn, encode(banner));
        await readToEnd(conn);
      });
      await using gateway = await startGateway(yamlFor(source.port));
      await using viewer = openViewer(`${gateway.wsOrigin}/ws/vnc/pi`, [protocol]);
      const { code, reason } = await viewer.closed;
      assertEquals(viewer.byteCount, 0);
      if (protocol === "binary") assertEquals([code, reason], [4502, `Cannot open The Pi: ${state}`]);
      else assertEquals(viewer.side.at(-1)?.message, `Cannot open The Pi: ${state}`);
      await source.settled();
      await waitUntil(() => gateway.gateway.registry.size === 0);
    });
  }
}

for (const protocol of ["binary", "porthole.v1"]) {
  Deno.test(`a source that sends nothing times out, and its connection is closed (${protocol})`, async () => {
    await using source = listenTcp(async (conn) => void await readToEnd(conn));
    await using gateway = await startGateway(yamlFor(source.port), {
      setTimer: (work, ms) => startTimer(work, Math.min(ms, 200)),
    });
    await using viewer = openViewer(`${gateway.wsOrigin}/ws/vnc/pi`, [protocol]);
    const { code, reason } = await viewer.closed;
    const sentence = protocol === "binary" ? reason : String(viewer.side.at(-1)?.message);
    assertMatch(
      sentence,
      /^Cannot open The Pi: the server sent nothing; it may not be a VNC server, or it may expect TLS/,
    );
    assertEquals(protocol === "binary" ? code : viewer.side.at(-1)?.close, 4504);
    assertEquals(viewer.byteCount, 0);
    await source.settled();
  });
}

Deno.test("a refused connection is reported", async () => {
  await using gateway = await startGateway(yamlFor(CLOSED_PORT));
  await using viewer = openViewer(`${gateway.wsOrigin}/ws/vnc/pi`);
  assertEquals(await viewer.closed, { code: 4502, reason: "Cannot reach The Pi: connection refused" });
});

Deno.test("a missing socket, an unknown name and a denied network are reported without an address", async () => {
  const yaml =
    "auth: none\nsources:\n  gone: { unix: /nonexistent/vnc.sock }\n  lost: { host: no-such-host.invalid }\n" +
    "  cloud: 169.254.169.254\n";
  await using gateway = await startGateway(yaml);
  const expected = {
    gone: "Cannot reach gone: its socket does not exist",
    lost: "Cannot reach lost: its host name cannot be resolved",
    cloud: "Cannot reach cloud: its address is in deny_networks",
  };
  for (const [name, sentence] of Object.entries(expected)) {
    await using viewer = openViewer(`${gateway.wsOrigin}/ws/vnc/${name}`);
    assertEquals(await viewer.closed, { code: 4502, reason: sentence });
  }
});

Deno.test("a source that does not answer fails after the connect timeout", async () => {
  // Nobody accepts, so once the backlog is full the kernel ignores what comes.
  await using full = await fillBacklog();
  await using gateway = await startGateway(yamlFor(full.port, "defaults: { connect_timeout: 300ms }"));
  await using viewer = openViewer(`${gateway.wsOrigin}/ws/vnc/pi`);
  assertEquals(await viewer.closed, { code: 4504, reason: "Cannot reach The Pi: no answer after 0.3 s" });
});

Deno.test("a text frame ends a plain stream with 1003", async () => {
  await using source = listenPatiently();
  await using gateway = await startGateway(yamlFor(source.port));
  for (const protocols of [[], ["binary"]]) {
    await using viewer = openViewer(`${gateway.wsOrigin}/ws/vnc/pi`, protocols);
    await viewer.until(({ byteCount }) => byteCount === GREETING.length);
    viewer.send("hello");
    assertEquals(await viewer.closed, { code: 1003, reason: "RFB travels in binary frames only" });
  }
  await source.settled();
});

Deno.test("a text frame without a valid message ends a side channel with 4400", async () => {
  await using fake = await startFakeRfb();
  await using gateway = await startGateway(yamlFor(fake.port));
  for (const text of ["hello", "null", "[]", '{"type":1}', "{", `{"type":"${"x".repeat(20_000)}"}`]) {
    const viewer = await openRaw(gateway.port, "/ws/vnc/pi", { "Sec-WebSocket-Protocol": "porthole.v1" });
    await viewer.send(text);
    await viewer.until(({ texts }) => texts.some((told) => told.includes("goodbye")));
    const { message, close, code } = JSON.parse(viewer.texts.at(-1)!);
    assertEquals([code, close, message], ["viewer_malformed", 4400, "A text frame is not a JSON object with a type"]);
    await viewer.sendClose();
    await viewer.gone;
  }
  await fake.waitFor(({ live }) => live === 0);
});

Deno.test("removing a source ends its sessions with 4410, and changing it with 1012", async () => {
  await using source = listenPatiently();
  const before = `auth: none\nsources:\n  pi: 127.0.0.1:${source.port}\n  tv: 127.0.0.1:${source.port}\n`;
  await using gateway = await startGateway(before + `  pc: 127.0.0.1:${source.port}\n`);
  const open = async (name: string) => {
    const viewer = openViewer(`${gateway.wsOrigin}/ws/vnc/${name}`);
    await viewer.until(({ byteCount }) => byteCount === GREETING.length);
    return viewer;
  };
  await using pi = await open("pi");
  await using tv = await open("tv");
  await using pc = await open("pc");
  const { current } = gateway.live;
  const sources = new Map(current.sources);
  sources.delete("pi");
  sources.set("tv", { ...sources.get("tv")!, viewOnly: true });
  gateway.live.current = { ...current, sources };
  gateway.gateway.applyConfig();
  assertEquals(await pi.closed, { code: 4410, reason: "This screen was removed from the configuration" });
  const changed = "The settings of this screen have changed; it will be back in a moment";
  assertEquals(await tv.closed, { code: 1012, reason: changed });
  assertEquals(pc.socket.readyState, WebSocket.OPEN);
  await waitUntil(() => gateway.gateway.registry.size === 1);
});

Deno.test("a gateway that drains closes its viewers with 1012 and refuses new ones with 503", async () => {
  await using source = listenPatiently();
  await using gateway = await startGateway(yamlFor(source.port));
  await using viewer = openViewer(`${gateway.wsOrigin}/ws/vnc/pi`);
  await viewer.until(({ byteCount }) => byteCount === GREETING.length);
  const drained = gateway.gateway.drain();
  assertEquals(await viewer.closed, {
    code: 1012,
    reason: "The gateway is restarting; it will be back in a moment",
  });
  await drained;
  await using late = await openRaw(gateway.port);
  assertEquals(late.status, 503);
});

Deno.test("DELETE ends one session with 4403 and no other, and a second one finds nothing", async () => {
  await using source = listenPatiently();
  await using gateway = await startGateway(yamlFor(source.port));
  await using first = openViewer(`${gateway.wsOrigin}/ws/vnc/pi`);
  await first.until(({ byteCount }) => byteCount === GREETING.length);
  await using second = openViewer(`${gateway.wsOrigin}/ws/vnc/pi`);
  await second.until(({ byteCount }) => byteCount === GREETING.length);
  const [{ id }] = await (await fetch(`${gateway.origin}/api/sessions`)).json();
  const ask = () => fetch(`${gateway.origin}/api/sessions/${id}`, { method: "DELETE" }).then(readStatus);
  assertEquals(await ask(), 204);
  assertEquals(await first.closed, { code: 4403, reason: "This session was ended by a user" });
  await waitUntil(() => gateway.gateway.registry.size === 1);
  assertEquals(await ask(), 404);
  assertEquals(second.socket.readyState, WebSocket.OPEN);
});

Deno.test("a request without an upgrade is answered with 426, another method with 405 and what is allowed", async () => {
  await using gateway = await startGateway(yamlFor(CLOSED_PORT));
  const plain = await fetch(`${gateway.origin}/ws/vnc/pi`);
  assertEquals([await readStatus(plain), plain.headers.get("upgrade")], [426, "websocket"]);
  assertEquals(await readStatus(await fetch(`${gateway.origin}/websockify?token=pi`)), 426);
  for (const path of ["/ws/vnc/pi", "/websockify?token=pi", "/", "/site/vnc/pi", "/api/sources", "/healthz"]) {
    const refused = await fetch(gateway.origin + path, { method: "POST" });
    assertEquals([await readStatus(refused), refused.headers.get("allow")], [405, "GET, HEAD"], path);
  }
  const onSession = await fetch(`${gateway.origin}/api/sessions/x`, { method: "PUT" });
  assertEquals([await readStatus(onSession), onSession.headers.get("allow")], [405, "DELETE"]);
});

Deno.test("another site's page may not open a source", async () => {
  await using source = listenPatiently();
  await using gateway = await startGateway(yamlFor(source.port));
  const own = gateway.origin;
  for (const [Origin, status] of [[own, 101], ["https://evil.example", 403], ["null", 403], [`${own}.evil`, 403]]) {
    await using viewer = await openRaw(gateway.port, "/ws/vnc/pi", { Origin: `${Origin}` });
    assertEquals(viewer.status, status, `${Origin}`);
  }
});

Deno.test("invalid names, unknown names and paths all get the same response", async () => {
  await using gateway = await startGateway(yamlFor(CLOSED_PORT));
  const answers = new Set<string>();
  const names = [
    "nobody",
    "__proto__",
    "constructor",
    "%00",
    "pi%00",
    "..%2fpi",
    "%2e%2e%2f%2e%2e%2fetc",
    "pi%2f..",
    ".pi",
  ];
  for (const name of [...names, "p%69%0a", "%ff", "%", "x".repeat(65), "pi%20"]) {
    await using viewer = await openRaw(gateway.port, `/ws/vnc/${name}`);
    assertEquals(viewer.status, 404, name);
    await viewer.until(({ rest }) => rest.includes("}"));
    answers.add(viewer.rest.slice(viewer.rest.indexOf("{"), viewer.rest.indexOf("}") + 1));
  }
  assertEquals(answers.size, 1, [...answers].join("\n"));
});

Deno.test("malformed upgrades get 400 and the gateway keeps running", async () => {
  await using source = listenPatiently();
  await using gateway = await startGateway(yamlFor(source.port));
  for (const version of ["8", "", undefined]) {
    await using viewer = await openRaw(gateway.port, "/ws/vnc/pi", { "Sec-WebSocket-Version": version });
    assertEquals(viewer.status, 426, `version ${version}`);
    assertMatch(viewer.head, /^sec-websocket-version: 13$/im);
  }
  await using keyless = await openRaw(gateway.port, "/ws/vnc/pi", { "Sec-WebSocket-Key": undefined });
  assertEquals(keyless.status, 400);
  await using cut = dialRaw(gateway.port, requestUpgrade(gateway.port, "/ws/vnc/pi").slice(0, 40));
  cut.halfClose();
  await cut.gone;
  await using viewer = await openRaw(gateway.port);
  assertEquals(viewer.status, 101);
  assertEquals(gateway.gateway.registry.size, 1);
});

Deno.test("headers that are too large get 431, even if they are too large for the runtime", async () => {
  await using gateway = await startGateway(yamlFor(CLOSED_PORT));
  await using large = await openRaw(gateway.port, "/ws/vnc/pi", { Cookie: "x".repeat(40_000) });
  assertEquals(large.status, 431);
  await using huge = dialRaw(
    gateway.port,
    requestUpgrade(gateway.port, "/ws/vnc/pi", { Cookie: "x".repeat(4_000_000) }),
  );
  await huge.gone.catch(() => {});
  assert(huge.status === 0 || huge.status >= 400, `${huge.status}`);
  assertEquals(await readStatus(await fetch(`${gateway.origin}/healthz`)), 200);
});

Deno.test("a frame that is too large or of no kind ends only the session that it came from", async () => {
  await using source = listenPatiently();
  await using gateway = await startGateway(yamlFor(source.port));
  await using bystander = openViewer(`${gateway.wsOrigin}/ws/vnc/pi`);
  await bystander.until(({ byteCount }) => byteCount === GREETING.length);
  const large = new Uint8Array(14);
  large.set([0x82, 0xff]);
  new DataView(large.buffer).setBigUint64(2, 65n * 1024n * 1024n);
  for (const frame of [large, encodeFrame(Uint8Array.of(1), 7), encodeFrame(new Uint8Array(200), 9)]) {
    await using viewer = await openRaw(gateway.port);
    await viewer.until(({ downBytes }) => downBytes === GREETING.length);
    await viewer.write(frame);
    await viewer.gone;
    await waitUntil(() => gateway.gateway.registry.size === 1);
  }
  bystander.send(Uint8Array.of(1));
  await waitUntil(() => gateway.gateway.registry.list()[0]!.count.upBytes === 1);
});

async function readStatus(response: Response): Promise<number> {
  await response.body?.cancel();
  return response.status;
}
