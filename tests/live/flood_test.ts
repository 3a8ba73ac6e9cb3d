/** Ten thousand refused connects a minute from one address leave the echo of another as it was. */
import { assert, assertGreaterOrEqual } from "@std/assert";
import { hashToken } from "../../src/access/opaque_token.ts";
import { listenTcp, writeAll } from "../fakes/tcp_source.ts";
import { openViewer } from "../fakes/web_viewer.ts";
import { startGateway } from "./gateway.ts";

const TOKEN = "token-of-the-test";
const REFUSED_PER_SECOND = 10_000 / 60;
const WINDOW_MS = 500;
const ROUNDS = 9;

const median = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;

Deno.test("10,000 refused connects in a minute leave another address at least 80 % of its echoes", async () => {
  await using source = listenTcp(async (conn) => {
    await writeAll(conn, new TextEncoder().encode("RFB 003.008\n"));
    for (const buffer = new Uint8Array(1024);;) {
      const count = await conn.read(buffer);
      if (count === null) return;
      await writeAll(conn, buffer.slice(0, count));
    }
  });
  await using gateway = await startGateway(
    { echo: `127.0.0.1:${source.port}` },
    { trusted_proxies: ["127.0.0.1"] },
    { tokens: [{ name: "test", hash: hashToken(TOKEN) }] },
  );
  const port = Number(gateway.url.port);
  await using viewer = openViewer(`ws://127.0.0.1:${port}/ws/vnc/echo`, ["binary", `porthole.token.${TOKEN}`]);
  await viewer.until(({ byteCount }) => byteCount === 12);
  // What the gateway reads as the viewer's version; the source sends everything back.
  viewer.send(new TextEncoder().encode("RFB 003.008\n"));
  await viewer.until(({ byteCount }) => byteCount === 24);

  async function countEchoes(): Promise<number> {
    const until = performance.now() + WINDOW_MS;
    let echoes = 0;
    for (; performance.now() < until; echoes++) {
      const before = viewer.byteCount;
      viewer.send(new Uint8Array(8));
      await viewer.until(({ byteCount }) => byteCount >= before + 8);
    }
    return echoes;
  }

  const worker = new Worker(new URL("./flood_worker.ts", import.meta.url), { type: "module" });
  const ratios: number[] = [];
  let refused = 0;
  try {
    await countEchoes();
    for (let round = 0; round < ROUNDS; round++) {
      const calm = await countEchoes();
      worker.postMessage({ port, perSecond: REFUSED_PER_SECOND });
      const flooded = await countEchoes();
      const { promise, resolve } = Promise.withResolvers<number>();
      worker.onmessage = ({ data }) => resolve(data);
      worker.postMessage("stop");
      refused += await promise;
      ratios.push(flooded / ((calm + await countEchoes()) / 2));
    }
  } finally {
    worker.terminate();
  }
  console.log(`echoes under the flood: ${ratios.map((ratio) => ratio.toFixed(2)).join(" ")}, ${refused} refused`);
  assert(refused > ROUNDS * REFUSED_PER_SECOND * WINDOW_MS / 1000 / 3, `only ${refused} were refused`);
  assertGreaterOrEqual(median(ratios), 0.8);
});
