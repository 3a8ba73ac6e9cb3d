import { assertEquals, assertThrows } from "@std/assert";
import { PortholeError } from "../../../src/errors.ts";
import { createStages } from "../../../src/rfb/stages.ts";
import * as client from "./client_bytes.ts";
import { concat } from "./cuts.ts";
import * as server from "./server_bytes.ts";

const serverFormat = Uint8Array.from(client.TRUE_COLOUR);

const cutTextLimitBytes = () => 1024;

Deno.test("createStages(): a source without rules has no stages", () => {
  assertEquals(createStages({ viewOnly: false, clipboard: "both", serverFormat, cutTextLimitBytes }), {
    up: [],
    down: [],
  });
});

Deno.test("createStages(): the down direction is framed only if the source's cut text may not pass", () => {
  const hasDown = (viewOnly: boolean, clipboard: "both" | "in" | "out" | "none") =>
    createStages({ viewOnly, clipboard, serverFormat, cutTextLimitBytes }).down.length > 0;
  assertEquals([hasDown(true, "both"), hasDown(true, "out"), hasDown(false, "out")], [false, false, false]);
  assertEquals([hasDown(true, "in"), hasDown(false, "in"), hasDown(false, "none")], [true, true, true]);
});

Deno.test("createStages(): both stages share the pixel format that the viewer asks for", () => {
  const { up, down } = createStages({ viewOnly: true, clipboard: "none", serverFormat, cutTextLimitBytes });
  up[0]!.push(concat([client.setPixelFormat(client.HIGH_COLOUR), client.updateRequest()]));
  const picture = server.update([server.rectangle(0, 2, 2, server.noise(8))]);
  const bytes = concat([picture, server.cutText([65]), server.bell()]);
  assertEquals(down[0]!.push(bytes), concat([picture, server.bell()]));
});

Deno.test("createStages(): clipboard in lets the source ask for text, in view-only not even that", () => {
  const ask = concat([server.extendedCutText(client.CLIPBOARD.request, [])]);
  assertEquals(
    createStages({ viewOnly: false, clipboard: "in", serverFormat, cutTextLimitBytes }).down[0]!.push(ask),
    ask,
  );
  assertEquals(
    createStages({ viewOnly: true, clipboard: "in", serverFormat, cutTextLimitBytes }).down[0]!.push(ask).length,
    0,
  );
  const { up } = createStages({ viewOnly: true, clipboard: "both", serverFormat, cutTextLimitBytes });
  assertThrows(() => up[0]!.push(Uint8Array.of(77)), PortholeError, "unknown message type 77");
});

Deno.test("createStages(): colour map entries of a source with a colour map reach only viewers that ask for it", () => {
  for (const viewOnly of [false, true]) {
    const { up, down } = createStages({
      viewOnly,
      clipboard: "both",
      serverFormat,
      cutTextLimitBytes,
      hasColourMap: true,
    });
    const bytes = concat([server.cutText([65]), server.colours(3), server.bell()]);
    assertEquals(down[0]!.push(bytes), concat([server.cutText([65]), server.bell()]));
    up[0]!.push(concat([client.setPixelFormat([8, 8, 0, 0, ...client.TRUE_COLOUR.slice(4)])]));
    assertEquals(down[0]!.push(bytes), bytes);
  }
});
