/** Servers with fewer colours, and messages that nobody asked for: where the gateway logs in, no viewer meets them. */
import { assertEquals, assertMatch } from "@std/assert";
import { startGateway, type TestGateway } from "../fakes/gateway.ts";
import { COLOUR_MAP, COLOURS, type Oddity, playOddSource, SERVER_STATE } from "../fakes/odd_source.ts";
import { startFakeRfb } from "../fakes/rfb_server.ts";
import { RfbViewer } from "../fakes/rfb_viewer.ts";
import { asByteStream } from "../fakes/web_stream.ts";
import { openViewer } from "../fakes/web_viewer.ts";

function startOdd(oddity: Oddity) {
  return startFakeRfb({ script: (stream) => playOddSource(stream, oddity).catch(() => {}) });
}

function start(port: number, more: string): Promise<TestGateway> {
  return startGateway(`auth: none\nsources:\n  odd: { host: 127.0.0.1, port: ${port}, ${more} }\n`);
}

for (const more of ["password: unused", "view_only: true", "clipboard: in"]) {
  Deno.test(`a source with a colour map is asked for true colour before a viewer sees it: ${more}`, async () => {
    await using fake = await startOdd({ format: COLOUR_MAP, before: COLOURS });
    await using gateway = await start(fake.port, more);
    await using page = openViewer(`${gateway.wsOrigin}/ws/vnc/odd`, ["binary"]);
    // It never sends a SetPixelFormat: what it gets is in the format of ServerInit.
    const viewer = await RfbViewer.open(asByteStream(page));
    await viewer.update(false);
    assertEquals([viewer.width, viewer.pixels[0]], [64, 0xc8c8c8c8]);
  });
}

Deno.test("what nobody asked for is taken out where the gateway filters, and what it cannot parse is named, once", async () => {
  await using fake = await startOdd({ before: SERVER_STATE });
  await using gateway = await start(fake.port, "clipboard: in");
  await using page = openViewer(`${gateway.wsOrigin}/ws/vnc/odd`, ["binary"]);
  const viewer = await RfbViewer.open(asByteStream(page));
  await viewer.update(false);
  assertEquals(viewer.pixels[0], 0xc8c8c8c8);

  await using unknown = await startOdd({ before: [127, 0, 0, 0] });
  await using other = await start(unknown.port, "clipboard: in");
  await using second = openViewer(`${other.wsOrigin}/ws/vnc/odd`, ["porthole.v1"]);
  const opened = await RfbViewer.open(asByteStream(second));
  await opened.request(false);
  await second.until(({ side }) => side.some(({ type }) => type === "goodbye"));
  const { code, message, retry } = second.side.find(({ type }) => type === "goodbye")!;
  assertEquals([code, retry], ["vnc_malformed", false]);
  assertMatch(String(message), /unknown message type 127 \(VMware\)/);
});
