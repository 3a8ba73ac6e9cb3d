/** Viewers that send more than their source takes. */
import { assert, assertEquals } from "@std/assert";
import { startGateway, type TestGateway } from "../fakes/gateway.ts";
import { openRaw, type RawViewer } from "../fakes/raw_viewer.ts";
import { type FakeRfb, startFakeRfb } from "../fakes/rfb_server.ts";
import { GREETING } from "../fakes/tcp_source.ts";
import { waitUntil } from "../fakes/wait_until.ts";

const MIB = 1024 * 1024;
const CHUNK = new Uint8Array(64 * 1024);
/** More than the kernel's buffers between gateway and source hold. */
const KERNEL_BYTES = 16 * MIB;
const TOO_FAST = { code: 1008, reason: "The VNC server is reading too slowly" };

/** A source that greets and never reads. */
function startStuckSource(): Promise<FakeRfb> {
  return startFakeRfb({
    script: async (stream) => {
      await stream.write(GREETING);
      await stream.closed;
    },
  });
}

function start(port: number, upQueue: string): Promise<TestGateway> {
  const limits = `{ up_queue: ${upQueue}, per_address: 100 }`;
  return startGateway(`auth: none\nlimits: ${limits}\nsources:\n  pi: 127.0.0.1:${port}\n`);
}

async function openGreeted(port: number): Promise<RawViewer> {
  const viewer = await openRaw(port);
  await viewer.until(({ downBytes }) => downBytes === GREETING.length);
  return viewer;
}

Deno.test("viewers that flood a source that does not read get 1008 and use no more memory than the limit", async () => {
  await using source = await startStuckSource();
  await using gateway = await start(source.port, "1MiB");
  let before = 0;
  for (let at = 0; at < 12; at++) {
    if (at === 6) before = Deno.memoryUsage().rss;
    await using viewer = await openGreeted(gateway.port);
    for (let sent = 0; sent < 4 * KERNEL_BYTES; sent += CHUNK.length) await viewer.send(CHUNK);
    await viewer.until(({ close }) => close !== undefined);
    assertEquals(viewer.close, TOO_FAST);
    await viewer.sendClose(1008);
    await waitUntil(() => gateway.gateway.registry.size === 0);
  }
  const grown = Deno.memoryUsage().rss - before;
  assert(grown < 48 * MIB, `${grown / MIB} MiB in the last six of twelve floods`);
});

Deno.test("when a viewer leaves while its source is stuck, the source is closed within the flush time", async () => {
  await using source = await startStuckSource();
  await using gateway = await start(source.port, "64MiB");
  const { registry } = gateway.gateway;
  await using viewer = await openGreeted(gateway.port);
  const [session] = registry.list();
  for (let sent = 0; sent < KERNEL_BYTES; sent += CHUNK.length) await viewer.send(CHUNK);
  await waitUntil(() => session!.viewer.up.bytes > 0);
  const leftMs = performance.now();
  viewer.leave();
  await waitUntil(() => registry.size === 0);
  const tookMs = performance.now() - leftMs;
  assert(tookMs < 7_000, `${tookMs} ms`);
  // Nobody reads on the other side, so the kernel's own end is all that could be seen there.
  assertEquals(session!.endedBy?.code, "viewer_left");
});
