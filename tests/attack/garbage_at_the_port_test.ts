/** Bytes that are not HTTP, at the port of the program: whoever sends them harms nobody else. */
import { assertEquals, assertMatch } from "@std/assert";
import { Seeded } from "../fakes/seeded.ts";
import { openViewer } from "../fakes/web_viewer.ts";
import { Place } from "../process/porthole.ts";

const YAML = "gateway: { listen: 127.0.0.1:0, tls: none }\nauth: none\nsources: { demo: { demo: true } }\n";

/** How requests begin, or might. */
const HEADS = [
  "",
  "GET / HTTP/1.1\r\n",
  "GET /ws/vnc/demo HTTP/1.1\r\nUpgrade: websocket\r\n",
  "PRI * HTTP/2.0\r\n\r\n",
]
  .map((head) => new TextEncoder().encode(head));

/** Sends garbage, half closes, and reads until the gateway has let go of the connection. */
async function sendGarbage(port: number, chance: Seeded): Promise<void> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const garbage = Uint8Array.from({ length: 1 + chance.below(2_000) }, () => chance.below(256));
  try {
    await conn.write(chance.pick(HEADS));
    await conn.write(garbage);
    await conn.closeWrite();
    const buffer = new Uint8Array(4_096);
    while (await conn.read(buffer) !== null);
  } catch {
    // Reset, which is an answer to garbage, too.
  }
}

Deno.test("garbage at the port leaves an open session alone, and is no error in the log", async () => {
  await using place = await Place.make(YAML);
  const gateway = await place.serve();
  await using viewer = openViewer(`${gateway.url.href.replace("http", "ws")}ws/vnc/demo`, ["binary"]);
  await viewer.until(({ byteCount }) => byteCount >= 12);
  const chance = new Seeded(9);
  for (let round = 0; round < 10; round++) {
    await Promise.all(Array.from({ length: 20 }, () => sendGarbage(Number(gateway.url.port), chance)));
  }
  assertEquals((await fetch(new URL("healthz", gateway.url)).then((answer) => answer.text())).trim(), "ok");
  viewer.socket.send(new TextEncoder().encode("RFB 003.008\n"));
  await viewer.until(({ byteCount }) => byteCount > 12);
  assertMatch(gateway.said("stderr"), /demo: RFB 3\.8/);
  assertEquals(gateway.said("stderr").match(/^.*\berror\b.*$/gim) ?? [], []);
});
