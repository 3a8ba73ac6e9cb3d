/** The bridge from outside: real sockets on both sides. */
import { assert, assertEquals } from "@std/assert";
import { startGateway } from "../fakes/gateway.ts";
import { GREETING, listenTcp, readExactly, readToEnd, writeAll } from "../fakes/tcp_source.ts";
import { openRaw } from "../fakes/raw_viewer.ts";
import { waitUntil } from "../fakes/wait_until.ts";
import { openViewer, type TestViewer } from "../fakes/web_viewer.ts";

function yamlFor(port: number, more = ""): string {
  return `auth: none\nsources:\n  pi: 127.0.0.1:${port}\n${more}`;
}

/** Bytes that tell when one is lost, doubled or moved. */
function makePattern(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at++) bytes[at] = (at * 31 + (at >> 8) * 7 + (at >> 16)) & 255;
  return bytes;
}

Deno.test("bytes pass both ways unchanged", async () => {
  const pattern = makePattern(300_000);
  await using source = listenTcp(async (conn) => {
    await writeAll(conn, GREETING);
    const got = await readExactly(conn, pattern.length);
    await writeAll(conn, got);
    await conn.closeWrite();
  });
  await using gateway = await startGateway(yamlFor(source.port));
  await using viewer = openViewer(`${gateway.wsOrigin}/ws/vnc/pi`, ["binary"]);
  await viewer.opened;
  assertEquals(viewer.socket.protocol, "binary");
  for (let at = 0; at < pattern.length; at += 7_001) viewer.send(pattern.subarray(at, at + 7_001));
  assertEquals((await viewer.closed).code, 1000);
  assertEquals(viewer.bytes(), new Uint8Array([...GREETING, ...pattern]));
});

for (const protocol of ["binary", "porthole.v1"]) {
  Deno.test(`nothing is lost when the source closes and the viewer keeps talking (${protocol})`, async () => {
    const pattern = makePattern(5_000_000);
    await using source = listenTcp(async (conn) => {
      await writeAll(conn, GREETING);
      if (protocol === "porthole.v1") await offerNone(conn);
      // Reads what the viewer says: closing with unread bytes would reset the connection and lose what was sent.
      await Promise.all([writeAll(conn, pattern).then(() => conn.closeWrite()), readToEnd(conn)]);
    });
    await using gateway = await startGateway(yamlFor(source.port));
    await using viewer = openViewer(`${gateway.wsOrigin}/ws/vnc/pi`, [protocol]);
    await viewer.until(({ byteCount }) => byteCount >= GREETING.length);
    if (protocol === "porthole.v1") viewer.send(GREETING);
    viewer.socket.addEventListener("message", () => {
      if (viewer.socket.readyState === WebSocket.OPEN) viewer.send(new Uint8Array(10));
    });
    assertEquals((await viewer.closed).code, 1000);
    const types = protocol === "porthole.v1" ? 2 : 0;
    assertEquals(viewer.byteCount, GREETING.length + types + pattern.length);
    const goodbye = viewer.side.find(({ type }) => type === "goodbye");
    assertEquals(goodbye?.code, protocol === "porthole.v1" ? "source_closed" : undefined);
  });
}

/** The gateway reads the types itself where it may have to log in. */
async function offerNone(conn: Deno.Conn): Promise<void> {
  await readExactly(conn, GREETING.length);
  await writeAll(conn, Uint8Array.of(1, 1));
}

Deno.test("bytes that the viewer sent before it left reach the source", async () => {
  const pattern = makePattern(1_000_000);
  const got = Promise.withResolvers<Uint8Array>();
  await using source = listenTcp(async (conn) => {
    await writeAll(conn, GREETING);
    got.resolve(await readExactly(conn, pattern.length));
  });
  await using gateway = await startGateway(yamlFor(source.port));
  const viewer = openViewer(`${gateway.wsOrigin}/ws/vnc/pi`);
  await viewer.until(({ byteCount }) => byteCount === GREETING.length);
  viewer.send(pattern);
  viewer.socket.close(1000);
  await viewer.closed;
  assertEquals(await got.promise, pattern);
});

Deno.test("the metrics count each session, the bytes that passed after the version, and why it ended", async () => {
  await using source = listenTcp(async (conn) => {
    await writeAll(conn, GREETING);
    await readExactly(conn, 5);
    await writeAll(conn, new Uint8Array(7));
  });
  await using gateway = await startGateway(yamlFor(source.port));
  await using viewer = openViewer(`${gateway.wsOrigin}/ws/vnc/pi`);
  await viewer.until(({ byteCount }) => byteCount === GREETING.length);
  viewer.send(new Uint8Array(5));
  assertEquals((await viewer.closed).code, 1000);
  await waitUntil(() => gateway.gateway.registry.size === 0);
  const text = await (await fetch(`${gateway.origin}/metrics`)).text();
  const read = (name: string) => Number(text.split("\n").find((line) => line.startsWith(`${name} `))?.split(" ")[1]);
  assertEquals(
    [
      read('porthole_bytes_total{direction="down"}'),
      read('porthole_bytes_total{direction="up"}'),
      read('porthole_sessions_ended_total{code="source_closed"}'),
      read("porthole_first_byte_seconds_count"),
    ],
    [7, 5, 1, 1],
  );
});

Deno.test("a viewer that says nothing is pinged as often as keepalive says, which keeps proxies from closing", async () => {
  await using source = listenTcp(async (conn) => {
    await writeAll(conn, GREETING);
    await readToEnd(conn);
  });
  await using gateway = await startGateway(yamlFor(source.port, "defaults: { keepalive: 1s }"));
  await using viewer = await openRaw(gateway.port);
  await viewer.until(({ pings }) => pings >= 2);
});

Deno.test("a page that answers the pings of the side channel gets none of the runtime's", async () => {
  await using source = listenTcp(async (conn) => {
    await writeAll(conn, GREETING);
    await readExactly(conn, GREETING.length);
    await writeAll(conn, Uint8Array.of(1, 1));
    await readToEnd(conn);
  });
  await using gateway = await startGateway(yamlFor(source.port, "defaults: { keepalive: 1s }"));
  await using page = await openRaw(gateway.port, "/ws/vnc/pi", { "Sec-WebSocket-Protocol": "porthole.v1" });
  let pings = 0;
  page.onText = (text) => {
    const { type, id } = JSON.parse(text);
    if (type === "ping") page.send(JSON.stringify({ type: "pong", id })).then(() => pings++);
  };
  await page.until(({ downBytes }) => downBytes === GREETING.length);
  await page.send(GREETING);
  await page.until(() => pings >= 6);
  assert(page.pings < 3, `${page.pings} pings of the runtime beside ${pings}`);
});

Deno.test("the page learns at once that its source is being dialed, and then that it answered", async () => {
  await using source = listenTcp(async (conn) => void await readToEnd(conn));
  await using gateway = await startGateway(yamlFor(source.port));
  await using viewer = openViewer(`${gateway.wsOrigin}/ws/vnc/pi`, ["porthole.v1"]);
  const listStates = ({ side }: TestViewer) => side.filter(({ type }) => type === "state").map(({ state }) => state);
  await viewer.until((viewer) => listStates(viewer).length >= 2);
  assertEquals(listStates(viewer), ["dialing", "handshake"]);
});
