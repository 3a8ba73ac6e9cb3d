/** Clipboard texts that are longer than the source's limit: who learns of them. */
import { assertEquals } from "@std/assert";
import { startGateway } from "../fakes/gateway.ts";
import { startFakeRfb } from "../fakes/rfb_server.ts";
import { RfbViewer } from "../fakes/rfb_viewer.ts";
import { waitUntil } from "../fakes/wait_until.ts";
import { asByteStream } from "../fakes/web_stream.ts";
import { openViewer } from "../fakes/web_viewer.ts";

const LIMIT = 2048;

for (const protocol of ["porthole.v1", "binary"]) {
  Deno.test(`a clipboard text over the limit does not reach the source, and its sender learns of it (${protocol})`, async () => {
    await using fake = await startFakeRfb();
    const source = { host: "127.0.0.1", port: fake.port, clipboard: "in", clipboard_limit: "2KiB" };
    await using gateway = await startGateway(JSON.stringify({ auth: "none", sources: { pi: source } }));
    await using page = openViewer(`${gateway.wsOrigin}/ws/vnc/pi`, [protocol]);
    const viewer = await RfbViewer.open(asByteStream(page));
    for (const length of [LIMIT + 1, LIMIT + 2, LIMIT]) await viewer.cut("x".repeat(length));
    await fake.waitFor(() => fake.seen("ClientCutText").length > 0);
    assertEquals(fake.seen("ClientCutText").map(({ text }) => text.length), [LIMIT]);
    const message = "Clipboard text dropped: longer than clipboard_limit";
    await waitUntil(() => gateway.lines.some((line) => line.message === message));
    const [line, ...others] = gateway.lines.filter((line) => line.message === message);
    assertEquals([line?.bytes, line?.limit, line?.source], [LIMIT + 1, LIMIT, "pi"]);
    assertEquals(others, [], "one line for a session, however much a viewer sends");
    if (protocol === "porthole.v1") {
      await page.until(({ side }) => side.filter(({ type }) => type === "clipboard_dropped").length === 2);
    }
    const told = page.side.filter(({ type }) => type === "clipboard_dropped");
    const expected = [1, 2].map((more) => ({ type: "clipboard_dropped", bytes: LIMIT + more, limit: LIMIT }));
    assertEquals(told, protocol === "binary" ? [] : expected);
    const hello = page.side.find(({ type }) => type === "hello");
    assertEquals(hello?.clipboard_limit, protocol === "binary" ? undefined : LIMIT);
  });
}
