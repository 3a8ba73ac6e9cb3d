/** Taps on whole sessions: what they get, and what they never get. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { type Tap, TapFailure, type TappedChunk } from "../../src/bridge/tap.ts";
import { startGateway, type TestGateway } from "../fakes/gateway.ts";
import { startFakeRfb } from "../fakes/rfb_server.ts";
import { RfbViewer } from "../fakes/rfb_viewer.ts";
import { listenTcp, readToEnd, writeAll } from "../fakes/tcp_source.ts";
import { waitUntil } from "../fakes/wait_until.ts";
import { asByteStream } from "../fakes/web_stream.ts";
import { openViewer, type TestViewer } from "../fakes/web_viewer.ts";

const KEY = [4, 1, 0, 0, 0, 0, 0, 65];
const REQUEST = [3, 0, 0, 0, 0, 0, 0, 64, 0, 48];
const NAME_BYTES = "Fake".length;
const SERVER_INIT_BYTES = 24 + NAME_BYTES;
const PASSWORD = "secret12";

/** Adds a tap as soon as there is a session, long before anybody has logged in. */
async function tapFirst({ gateway: { registry } }: TestGateway): Promise<Tap> {
  await waitUntil(() => registry.size === 1);
  return registry.list()[0]!.taps.add();
}

/** What the viewer gets, copied before a stream takes it; call it first. */
function recordDown({ socket }: TestViewer): number[] {
  const bytes: number[] = [];
  socket.addEventListener("message", ({ data }) => {
    if (data instanceof ArrayBuffer) bytes.push(...new Uint8Array(data));
  });
  return bytes;
}

function pick(chunks: readonly TappedChunk[], wanted: "down" | "up"): number[] {
  return chunks.flatMap(({ direction, bytes }) => direction === wanted ? [...bytes] : []);
}

interface Row {
  readonly name: string;
  readonly protocol: "binary" | "porthole.v1";
  readonly version?: "3.3" | "3.7" | "3.8";
  /** More of the source's configuration. */
  readonly more: string;
  /** What the viewer gets before the first server message. */
  readonly loginBytes: number;
  readonly up: readonly number[];
}

const rows: Row[] = [
  {
    name: "a program that logs in by itself",
    protocol: "binary",
    more: "",
    loginBytes: 12 + 2 + 16 + 4 + SERVER_INIT_BYTES,
    up: [...KEY, ...REQUEST],
  },
  {
    name: "a program that logs in by itself with 3.3",
    protocol: "binary",
    version: "3.3",
    more: "",
    loginBytes: 12 + 4 + 16 + 4 + SERVER_INIT_BYTES,
    up: [...KEY, ...REQUEST],
  },
  {
    name: "a page that logs in by itself",
    protocol: "porthole.v1",
    more: "",
    loginBytes: 12 + 2 + 16 + 4 + SERVER_INIT_BYTES,
    up: [...KEY, ...REQUEST],
  },
  {
    name: "a page that logs in by itself with 3.3",
    protocol: "porthole.v1",
    version: "3.3",
    more: "",
    loginBytes: 12 + 4 + 16 + 4 + SERVER_INIT_BYTES,
    up: [...KEY, ...REQUEST],
  },
  {
    name: "a view-only session that the gateway logs in",
    protocol: "porthole.v1",
    more: `password: ${PASSWORD}, view_only: true`,
    loginBytes: 12 + 2 + 4 + SERVER_INIT_BYTES,
    up: REQUEST,
  },
];

for (const { name, protocol, version = "3.8", more, loginBytes, up } of rows) {
  Deno.test(`a tap gets what passes after the login, and nothing of it: ${name}`, async () => {
    await using fake = await startFakeRfb({ password: PASSWORD });
    const source = `{ host: 127.0.0.1, port: ${fake.port}, ${more} }`;
    await using gateway = await startGateway(`auth: none\nsources:\n  pi: ${source}\n`);
    await using page = openViewer(`${gateway.wsOrigin}/ws/vnc/pi`, [protocol]);
    const down = recordDown(page);
    const stream = asByteStream(page);
    const tapped = Array.fromAsync(await tapFirst(gateway));
    const viewer = await RfbViewer.open(stream, { password: PASSWORD, version });
    await viewer.key(65);
    await viewer.update(true);
    page.socket.close();
    const chunks = await tapped;
    assertEquals(pick(chunks, "up"), up);
    assertEquals(pick(chunks, "down"), down.slice(loginBytes));
    assert(pick(chunks, "down").length > 64 * 48);
  });
}

Deno.test("a tap is notified when the viewer's login fails", async () => {
  await using fake = await startFakeRfb({ password: PASSWORD });
  await using gateway = await startGateway(`auth: none\nsources:\n  pi: 127.0.0.1:${fake.port}\n`);
  await using page = openViewer(`${gateway.wsOrigin}/ws/vnc/pi`, ["binary"]);
  const stream = asByteStream(page);
  const tapped = Array.fromAsync(await tapFirst(gateway));
  const failed = assertRejects(() => tapped, TapFailure);
  await assertRejects(() => RfbViewer.open(stream, { password: "guess" }));
  assertEquals((await failed).reason, "login_not_followed");
});

Deno.test("bytes that are not RFB pass unchanged, and taps do not get them", async () => {
  await using source = listenTcp(async (conn) => {
    await writeAll(conn, new TextEncoder().encode("RFB 003.008\n"));
    await Promise.all([readToEnd(conn), writeAll(conn, new Uint8Array(300_000)).then(() => conn.closeWrite())]);
  });
  await using gateway = await startGateway(`auth: none\nsources:\n  pi: 127.0.0.1:${source.port}\n`);
  await using page = openViewer(`${gateway.wsOrigin}/ws/vnc/pi`, ["binary"]);
  const tapped = Array.fromAsync(await tapFirst(gateway));
  const failed = assertRejects(() => tapped, TapFailure);
  await page.opened;
  for (let at = 0; at < 10; at++) page.send(new Uint8Array(10_000));
  assertEquals((await page.closed).code, 1000);
  assertEquals(page.byteCount, 12 + 300_000);
  await failed;
});

Deno.test("a tap ends with its session, even if that never opened", async () => {
  await using source = listenTcp((conn) => readToEnd(conn).then(() => {}));
  await using gateway = await startGateway(`auth: none\nsources:\n  pi: 127.0.0.1:${source.port}\n`);
  await using page = openViewer(`${gateway.wsOrigin}/ws/vnc/pi`, ["binary"]);
  const tapped = Array.fromAsync(await tapFirst(gateway));
  await page.opened;
  page.socket.close();
  assertEquals(await tapped, []);
});
