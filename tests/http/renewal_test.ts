/** Listeners that are replaced under open sessions: what viewers notice of it. */
import { delay } from "@std/async/delay";
import { assert, assertEquals } from "@std/assert";
import type { CertificatePair } from "../../src/tls/certificate.ts";
import { createPublished } from "../../src/tls/published.ts";
import { createListener } from "../../src/tls/serve.ts";
import type { Serve } from "../../src/tls/server.ts";
import { sayFarewell } from "../../src/valve/farewell.ts";
import { enterDesktop } from "../fakes/enter_desktop.ts";
import { startGateway, type TestGateway } from "../fakes/gateway.ts";
import { ResumablePage } from "../fakes/resumable_page.ts";
import { Seeded } from "../fakes/seeded.ts";
import { GREETING, listenTcp, readExactly, writeAll } from "../fakes/tcp_source.ts";
import { openViewer } from "../fakes/web_viewer.ts";

/** Security types with None alone, SecurityResult, and a ServerInit without a name. */
const ANSWERS = [Uint8Array.of(1, 1), new Uint8Array(4), new Uint8Array(24)];
const ENTERED_BYTES = 12 + 2 + 4 + 24;
const CHUNK_BYTES = 4096;

/** A source that lets everybody in, and sends back what it gets from then on. */
function listenEchoing() {
  return listenTcp(async (conn) => {
    await writeAll(conn, GREETING);
    for (const [at, answer] of ANSWERS.entries()) {
      await readExactly(conn, at === 0 ? 12 : 1);
      await writeAll(conn, answer);
    }
    const bytes = new Uint8Array(64 * 1024);
    for (let read; (read = await conn.read(bytes)) !== null;) await writeAll(conn, bytes.slice(0, read));
  });
}

/** Without TLS, which changes nothing of how servers take turns. */
const serve =
  (({ cert: _cert, key: _key, ...options }: Record<string, unknown>, handler: never) =>
    Deno.serve(options as never, handler)) as unknown as Serve;

/** A listener of its own for a gateway, whose certificate is renewed when told to. */
function listen({ gateway: { app, registry } }: TestGateway, sharesPort: boolean) {
  const makePair = () => ({ cert: "", key: "", fingerprint256: crypto.randomUUID() }) as CertificatePair;
  const published = createPublished(makePair());
  const listener = createListener({
    serve,
    sharesPort,
    address: { kind: "tcp", hostname: "127.0.0.1", port: 0 },
    certificate: {
      get current() {
        return published.current;
      },
      subscribe: published.subscribe,
      close: () => {},
    },
    handler: (request, { remoteAddr, completed }) =>
      app.fetch(request, { remote: (remoteAddr as Deno.NetAddr).hostname, whenSent: () => completed }),
    onReplace: async () => void await sayFarewell(registry.list(), { code: "certificate_renewed", message: "Renewed" }),
  });
  return {
    url: `ws://127.0.0.1:${(listener.address as { port: number }).port}/ws/vnc/pi`,
    renew: () => published.publish(makePair()),
    replace: () => listener.replace(),
    [Symbol.asyncDispose]: () => listener.close(),
  };
}

/** Comes back to its session, at whatever moment the port can be reached again. */
async function comeBack(page: ResumablePage): Promise<void> {
  await page.closed;
  while (!await page.comeBack().then(() => true, () => false)) await delay(10);
}

for (const sharesPort of [true, false]) {
  const where = sharesPort ? "" : ", on a port that is closed for a moment";
  Deno.test(`renewals and the valve lose no byte of a page that comes back, and no session${where}`, async () => {
    await using source = listenEchoing();
    await using gateway = await startGateway(`auth: none\nsources: { pi: { host: 127.0.0.1, port: ${source.port} } }`);
    await using listener = listen(gateway, sharesPort);
    await using page = await ResumablePage.open(listener.url);
    await enterDesktop(page);
    const [session] = gateway.gateway.registry.list();
    const [random, sent] = [new Seeded(10), [] as number[]];
    let isOver = false;
    const streaming = (async () => {
      for (; !isOver; await delay(1)) {
        const chunk = Uint8Array.from({ length: CHUNK_BYTES }, () => random.below(256));
        sent.push(...chunk);
        page.send(chunk);
      }
    })();
    for (const act of [listener.renew, listener.renew, listener.renew, listener.replace]) {
      const [before, closed] = [page.byteCount, page.closed];
      void act();
      await closed;
      await comeBack(page);
      await page.until(({ byteCount }) => byteCount >= before + CHUNK_BYTES);
    }
    isOver = true;
    await streaming;
    await page.until(({ byteCount }) => byteCount === ENTERED_BYTES + sent.length);
    assertEquals(page.bytes().slice(ENTERED_BYTES), Uint8Array.from(sent));
    assertEquals([page.links, source.accepted, page.last("goodbye")], [5, 1, undefined]);
    assertEquals(gateway.gateway.registry.list(), [session]);
  });
}

Deno.test("a renewal says goodbye to viewers that cannot come back to their session", async () => {
  await using source = listenEchoing();
  await using gateway = await startGateway(`auth: none\nsources: { pi: { host: 127.0.0.1, port: ${source.port} } }`);
  await using listener = listen(gateway, true);
  await using viewer = openViewer(listener.url, ["porthole.v1"]);
  await viewer.until(({ byteCount }) => byteCount > 0);
  listener.renew();
  await viewer.closed;
  const { code, retry } = viewer.side.find(({ type }) => type === "goodbye")!;
  assert(retry);
  assertEquals(code, "certificate_renewed");
});
