/** Ten thousand refused connects a minute from one address take little of the gateway, and nothing of another viewer. */
import { assert, assertEquals, assertLess } from "@std/assert";
import { hashToken } from "../../src/access/opaque_token.ts";
import { readCpuSeconds } from "../bench/processes.ts";
import { listenTcp, writeAll } from "../fakes/tcp_source.ts";
import { openViewer } from "../fakes/web_viewer.ts";
import { startGateway } from "./gateway.ts";
import { testWith } from "./programs.ts";

const TOKEN = "token-of-the-test";
const FLOOD_PER_SECOND = 10_000 / 60;
const REFUSALS = 1_500;
/** The part of one core that the flood may take. CPU time holds on a busy machine, which a rate of echoes does not. */
const MAX_SHARE_OF_A_CORE = 0.25;

testWith(
  [],
  "10,000 refused connects in a minute take less than a quarter of a core, and another address loses no echo",
  async () => {
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
    // The gateway reads this as the viewer's version; the source echoes everything.
    viewer.send(new TextEncoder().encode("RFB 003.008\n"));
    await viewer.until(({ byteCount }) => byteCount === 24);

    using worker = new FloodWorker(port);
    await worker.refuse(200);
    const before = readCpuSeconds([gateway.program.pid]);
    await worker.refuse(REFUSALS);
    const share = (readCpuSeconds([gateway.program.pid]) - before) / REFUSALS * FLOOD_PER_SECOND;
    console.log(`10,000 refused connects a minute take ${(share * 100).toFixed(1)} % of a core`);
    assertLess(share, MAX_SHARE_OF_A_CORE);
    viewer.send(new Uint8Array(8));
    await viewer.until(({ byteCount }) => byteCount === 32);
    assertEquals(viewer.bytes().slice(24), new Uint8Array(8));
    assert(viewer.socket.readyState === WebSocket.OPEN);
  },
  // CPU time is read from /proc.
  Deno.build.os === "linux" ? [] : ["Linux"],
);

/** Opens connections that are refused, from an address and a thread of its own. */
class FloodWorker implements Disposable {
  readonly #worker = new Worker(new URL("./flood_worker.ts", import.meta.url), { type: "module" });
  readonly #port: number;

  constructor(port: number) {
    this.#port = port;
  }

  /** Resolves when so many more were refused. */
  refuse(count: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#worker.onmessage = () => resolve();
    this.#worker.postMessage({ port: this.#port, perSecond: FLOOD_PER_SECOND, count });
    return promise;
  }

  [Symbol.dispose](): void {
    this.#worker.terminate();
  }
}
