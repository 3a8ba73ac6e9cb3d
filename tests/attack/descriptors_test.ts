/** Connections that idle until the process has no file descriptor left. */
import { assert, assertEquals } from "@std/assert";
import { connect, type Socket } from "node:net";
import { openRaw } from "../fakes/raw_viewer.ts";
import { waitUntil } from "../fakes/wait_until.ts";
import { openViewer, type TestViewer } from "../fakes/web_viewer.ts";
import { Place } from "../process/porthole.ts";

const DESCRIPTORS = 192;
const YAML =
  "gateway: { listen: 127.0.0.1:0, tls: none }\nauth: none\nlimits: { sessions: 100 }\nsources: { demo: { demo: true } }\n";

/** Connections that send nothing. */
class Idlers implements AsyncDisposable {
  readonly #sockets: Socket[] = [];

  constructor(readonly port: number) {}

  /** Opens so many more, or as many as the gateway takes. */
  async open(count: number): Promise<void> {
    for (; count > 0; count--) if (!await this.#openOne()) return;
  }

  async leave(): Promise<void> {
    await Promise.all(
      this.#sockets.splice(0).map((socket) => {
        const closed = new Promise((done) => socket.closed ? done(undefined) : socket.once("close", done));
        socket.destroy();
        return closed;
      }),
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.leave();
  }

  #openOne(): Promise<boolean> {
    const socket = connect({ host: "127.0.0.1", port: this.port });
    this.#sockets.push(socket);
    return new Promise((done) => {
      socket.once("connect", () => done(true));
      socket.on("error", () => done(false));
    });
  }
}

const text = (url: URL) => fetch(url).then((answer) => answer.text(), () => "unreachable");

/** How many descriptors the gateway counts; 0 before it has. */
async function readUsed(url: URL): Promise<number> {
  return Number(/^porthole_descriptors\{kind="used"\} (\d+)$/m.exec(await text(new URL("metrics", url)))?.[1] ?? 0);
}

/** Types one byte of the protocol, and waits for the gateway's next ones. */
async function proveAlive(viewer: TestViewer): Promise<void> {
  const before = viewer.byteCount;
  viewer.socket.send(new TextEncoder().encode("RFB 003.008\n"));
  await viewer.until(({ byteCount }) => byteCount > before);
}

Deno.test("the listener comes back after idle connections took every descriptor, and open sessions go on", async () => {
  await using place = await Place.make(YAML);
  const gateway = await place.serve([], { descriptors: DESCRIPTORS });
  const port = Number(gateway.url.port);
  assertEquals(gateway.said("stderr").includes(`descriptors=${DESCRIPTORS}`), true, gateway.said("stderr"));
  await gateway.waitFor("stderr", /WARN The limit on file descriptors is 192, below 4 × limits\.sessions \(400\)/);
  await using viewer = openViewer(`${gateway.url.href.replace("http", "ws")}ws/vnc/demo`, ["binary"]);
  await viewer.until(({ byteCount }) => byteCount >= 12);
  await using idlers = new Idlers(port);
  await idlers.open(DESCRIPTORS * 2);
  await gateway.waitFor("stderr", /Cannot accept connections on 127\.0\.0\.1:\d+, trying again/);
  await proveAlive(viewer);
  await idlers.leave();
  await waitUntil(async () => await text(new URL("healthz", gateway.url)) === "ok\n");
  assertEquals(viewer.socket.readyState, WebSocket.OPEN);
  await gateway.waitFor("stderr", /Accepting connections again on 127\.0\.0\.1:\d+, after/);
  assertEquals(gateway.said("stderr").match(/Cannot accept connections/g)?.length, 1);
});

Deno.test("new sessions wait while descriptors are short, and the open ones and /healthz go on", async () => {
  await using place = await Place.make(YAML);
  const gateway = await place.serve([], { descriptors: DESCRIPTORS });
  const port = Number(gateway.url.port);
  await using viewer = openViewer(`${gateway.url.href.replace("http", "ws")}ws/vnc/demo`, ["binary"]);
  await viewer.until(({ byteCount }) => byteCount >= 12);
  await using idlers = new Idlers(port);
  const isReady = async () => (await text(new URL("readyz", gateway.url))).includes('"ready":true');
  assert(await isReady());
  const used = await waitUntil(async () => await readUsed(gateway.url) || undefined);
  // Above 75 %, where sessions begin to wait, and below 80 %, where all connections would end.
  await idlers.open(Math.ceil(0.77 * DESCRIPTORS) - used);
  await waitUntil(async () => !await isReady());
  await using refused = await openRaw(port, "/ws/vnc/demo");
  assertEquals(refused.status, 503);
  assert(/^retry-after: 5$/im.test(refused.head));
  assertEquals(await text(new URL("healthz", gateway.url)), "ok\n");
  await proveAlive(viewer);
  await idlers.leave();
  await waitUntil(isReady);
  await using later = await openRaw(port, "/ws/vnc/demo");
  assertEquals(later.status, 101);
});
