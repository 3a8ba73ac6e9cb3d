/** Viewers that stop reading: what they cost, and when they are let go. */
import { assert, assertEquals } from "@std/assert";
import type { Session } from "../../src/session/session.ts";
import { startGateway, type TestGateway } from "../fakes/gateway.ts";
import { openRaw, type RawViewer } from "../fakes/raw_viewer.ts";
import { GREETING, listenTcp, readToEnd, writeAll } from "../fakes/tcp_source.ts";
import { waitUntil } from "../fakes/wait_until.ts";

const MIB = 1024 * 1024;
/** What four kernel buffers on the way hold, and the gateway's own queue. */
const ON_THE_WAY_BYTES = 40 * MIB;

/** A source that sends as fast as it is read, and counts. */
function listenFlooding() {
  const sent = { bytes: 0, ended: 0 };
  const source = listenTcp(async (conn) => {
    const chunk = new Uint8Array(64 * 1024);
    try {
      await writeAll(conn, GREETING);
      for (;; sent.bytes += chunk.length) await writeAll(conn, chunk);
    } finally {
      sent.ended++;
    }
  });
  return Object.assign(source, { sent });
}

function start(port: number, limits: string): Promise<TestGateway> {
  return startGateway(`auth: none\nlimits: { ${limits} }\nsources:\n  pi: 127.0.0.1:${port}\n`);
}

async function openStuck(port: number): Promise<RawViewer> {
  const viewer = await openRaw(port);
  viewer.stopReading();
  return viewer;
}

/** Resolves when the count has stood still for this long. */
async function waitForRest(count: () => number, ms: number): Promise<void> {
  let last = -1;
  let sinceMs = 0;
  await waitUntil(() => {
    if (count() !== last) [last, sinceMs] = [count(), performance.now()];
    return performance.now() - sinceMs > ms;
  });
}

Deno.test("viewers that stop reading stop their sources, cost 8 MiB each at most, and can read on", async () => {
  await using source = listenFlooding();
  await using gateway = await start(source.port, "stall: 60s");
  const warm = await openRaw(gateway.port);
  await warm.until(({ downBytes }) => downBytes > 64 * MIB);
  await warm[Symbol.asyncDispose]();
  await waitUntil(() => source.sent.ended === 1);
  const before = { rss: Deno.memoryUsage().rss, sent: source.sent.bytes };
  const viewers = await Promise.all(Array.from({ length: 8 }, () => openStuck(gateway.port)));
  await waitForRest(() => source.sent.bytes, 500);
  const grown = Deno.memoryUsage().rss - before.rss;
  const took = source.sent.bytes - before.sent;
  assert(grown < 8 * 8 * MIB, `${grown / MIB} MiB for 8 viewers`);
  assert(took < 8 * ON_THE_WAY_BYTES, `${took / MIB} MiB were taken from the sources`);
  assertEquals(gateway.gateway.registry.size, 8);
  for (const viewer of viewers) {
    viewer.readOn();
    await viewer.until(({ downBytes }) => downBytes > ON_THE_WAY_BYTES);
    await viewer[Symbol.asyncDispose]();
  }
  await waitUntil(() => gateway.gateway.registry.size === 0);
  await waitUntil(() => source.sent.ended === 9);
});

Deno.test("a viewer stuck for longer than the stall limit is disconnected, and its source closed at once", async () => {
  await using source = listenFlooding();
  await using gateway = await start(source.port, "stall: 1s, per_address: 1");
  const { registry } = gateway.gateway;
  await using viewer = await openStuck(gateway.port);
  await waitUntil(() => registry.size === 1);
  const startMs = performance.now();
  await waitUntil(() => source.sent.ended === 1);
  assert(performance.now() - startMs < 5_000);
  await waitUntil(() => registry.size === 0);
  assertEquals(gateway.lines.findLast(({ message }) => message === "Session ended")?.code, "viewer_stalled");
  // Its socket and what is queued cannot be dropped, so it still counts.
  assertEquals(registry.stuck, 1);
  await using second = await openRaw(gateway.port);
  assertEquals(second.status, 429);
  viewer.readOn();
  await viewer.until(({ close }) => close !== undefined);
  assertEquals(viewer.close, { code: 1008, reason: "The viewer read nothing for 1 s" });
  await viewer.sendClose(1008);
  await waitUntil(() => registry.stuck === 0);
});

Deno.test("a viewer that reads nothing is noticed although the source has no more to send", async () => {
  const look: { session?: () => Session | undefined } = {};
  await using source = listenTcp(async (conn) => {
    await writeAll(conn, GREETING);
    // Less than the gateway queues on any link.
    const chunk = new Uint8Array(32 * 1024);
    for (let sent = chunk.length; look.session?.()?.viewer.unsentBytes === 0; sent += chunk.length) {
      await writeAll(conn, chunk);
      await waitUntil(() => look.session!()!.count.downBytes >= sent);
    }
    await readToEnd(conn);
  });
  await using gateway = await start(source.port, "stall: 1s");
  const { registry } = gateway.gateway;
  look.session = () => registry.list()[0];
  await using _viewer = await openStuck(gateway.port);
  await waitUntil(() => (registry.list()[0]?.viewer.unsentBytes ?? 0) > 0);
  assert(registry.list()[0]!.viewer.roomBytes > 0);
  await waitUntil(() => registry.size === 0);
  assertEquals(gateway.lines.findLast(({ message }) => message === "Session ended")?.code, "viewer_stalled");
});

for (const how of ["leave", "reset"] as const) {
  Deno.test(`an ended session of a stuck viewer is forgotten when its connection ends (${how})`, async () => {
    await using source = listenFlooding();
    await using gateway = await start(source.port, "stall: 1s");
    const { registry } = gateway.gateway;
    await using viewer = await openStuck(gateway.port);
    await waitUntil(() => registry.stuck === 1);
    viewer[how]();
    await waitUntil(() => registry.stuck === 0);
  });
}
