import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import type { DemoDesktop } from "../../../src/demo/demo_desktop.ts";
import { DESKTOP_FORMAT, type PixelFormat } from "../../../src/demo/pixel_format.ts";
import { createDemo } from "../../../src/demo/connect.ts";
import { PortholeError } from "../../../src/errors.ts";
import { RfbViewer } from "../../fakes/rfb_viewer.ts";
import { startServedDesktop } from "../../fakes/served_desktop.ts";

const WHOLE = { x: 0, y: 0, width: 200, height: 150 };

for (const version of ["3.3", "3.7", "3.8"] as const) {
  for (const password of [undefined, "secret12"]) {
    for (const dribble of [false, true]) {
      const name = `${version}, ${password ? "VNC Authentication" : "None"}, ${dribble ? "a byte at a time" : "whole"}`;
      Deno.test(`serveRfb() logs a viewer in: ${name}`, async () => {
        await using rig = startServedDesktop(password ? { password } : {});
        const viewer = await RfbViewer.open(rig.near, { version, dribble, ...(password && { password }) });
        assertEquals([viewer.width, viewer.height, viewer.name], [200, 150, "Porthole demo"]);
        await viewer.update(true);
        assertEquals(viewer.pixels, rig.desktop.readPixels(WHOLE));
        assertEquals(rig.events.slice(0, 3), [
          { type: "ProtocolVersion", version },
          { type: "SecurityType", securityType: password ? 2 : 1 },
          { type: "ClientInit", shared: true },
        ]);
      });
    }
  }
}

Deno.test("serveRfb() refuses a wrong password with a reason", async () => {
  await using rig = startServedDesktop({ password: "secret12" });
  await assertRejects(() => RfbViewer.open(rig.near, { password: "other" }), Error, "Refused: Wrong password");
});

for (const encoding of [0, 16]) {
  Deno.test(`serveRfb() draws the same pixels with encoding ${encoding}`, async () => {
    await using rig = startServedDesktop();
    const viewer = await RfbViewer.open(rig.near);
    await viewer.setEncodings(1, encoding);
    await viewer.update(true);
    assertEquals(viewer.pixels, rig.desktop.readPixels(WHOLE));
  });
}

const formats: [string, Partial<PixelFormat>][] = [
  ["8 bits, 3-3-2", { bitsPerPixel: 8, depth: 8, ...shape(7, 7, 3, 0, 3, 6) }],
  ["16 bits, 5-6-5", { bitsPerPixel: 16, depth: 16, ...shape(31, 63, 31, 11, 5, 0) }],
  ["16 bits, 5-5-5", { bitsPerPixel: 16, depth: 15, ...shape(31, 31, 31, 10, 5, 0) }],
  ["32 bits, red lowest", shape(255, 255, 255, 0, 8, 16)],
  ["32 bits, lowest byte unused", shape(255, 255, 255, 24, 16, 8)],
  ["32 bits, 10 each", { depth: 30, ...shape(1023, 1023, 1023, 20, 10, 0) }],
];
for (const [name, changes] of formats) {
  for (const bigEndian of [false, true]) {
    for (const encoding of [0, 16]) {
      Deno.test(`serveRfb() speaks ${name}, ${bigEndian ? "big" : "little"}-endian, encoding ${encoding}`, async () => {
        await using rig = startServedDesktop();
        const viewer = await RfbViewer.open(rig.near);
        const format = { ...DESKTOP_FORMAT, ...changes, bigEndian };
        await viewer.setPixelFormat(format);
        await viewer.setEncodings(encoding);
        await viewer.update(true);
        const scale = (level: number, max: number, shift: number) => Math.round(level * max / 255) * 2 ** shift;
        const expected = rig.desktop.readPixels(WHOLE).map((pixel) =>
          scale(pixel >> 16 & 255, format.redMax, format.redShift) +
          scale(pixel >> 8 & 255, format.greenMax, format.greenShift) +
          scale(pixel & 255, format.blueMax, format.blueShift)
        );
        assertEquals(viewer.pixels, expected);
      });
    }
  }
}

type Change = (desktop: DemoDesktop) => void;
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.constant<Change>((desktop) => desktop.step()),
  fc.tuple(fc.nat(520), fc.nat(400)).map(([x, y]): Change => (desktop) => desktop.pointer(x, y, x & 1)),
  fc.constantFrom(0x41, 0xff08, 0xff0d, 0x10003b1).map((keysym): Change => (desktop) => desktop.key(true, keysym)),
  fc.tuple(fc.integer({ min: 1, max: 600 }), fc.integer({ min: 1, max: 450 })).map(
    ([width, height]): Change => (desktop) => void desktop.resize(width, height),
  ),
);

/** Whatever the size: typed text may lie outside a small desktop, and a viewer that waits for it waits forever. */
function changeSomething(desktop: DemoDesktop): void {
  desktop.pointer(1, 1, 0);
  desktop.pointer(0, 0, 0);
}

Deno.test("serveRfb() keeps the viewer's picture true through changes before and while updates are sent", async () => {
  const batches = fc.array(fc.tuple(fc.array(change, { maxLength: 4 }), fc.array(change, { maxLength: 4 })));
  await fc.assert(
    fc.asyncProperty(batches, fc.constantFrom(0, 16), async (batches, encoding) => {
      await using rig = startServedDesktop({}, { width: 512, height: 384 });
      const viewer = await RfbViewer.open(rig.near);
      await viewer.setEncodings(1, encoding, -308);
      await viewer.update(true);
      for (const [before, during] of batches) {
        for (const make of before) make(rig.desktop);
        changeSomething(rig.desktop);
        const updated = viewer.update();
        for (const make of during) make(rig.desktop);
        await updated;
      }
      do {
        changeSomething(rig.desktop);
        await viewer.update();
      } while (viewer.rectangles.some(({ encoding }) => encoding < 0));
      const wrong = rig.desktop.readPixels(viewer.area).findIndex((pixel, i) => pixel !== viewer.pixels[i]);
      assertEquals([viewer.width, viewer.height, wrong], [rig.desktop.width, rig.desktop.height, -1]);
    }),
    { numRuns: 20 },
  );
});

Deno.test("serveRfb() copies nothing while an update is under way", async () => {
  await using rig = startServedDesktop({}, { width: 512, height: 384 });
  const viewer = await RfbViewer.open(rig.near);
  await viewer.setEncodings(1, 0);
  await viewer.update(true);
  const readPixels = rig.desktop.readPixels.bind(rig.desktop);
  let moved = false;
  rig.desktop.readPixels = (area) => {
    if (!moved) rig.desktop.step();
    moved = true;
    return readPixels(area);
  };
  await viewer.update(true);
  await viewer.update();
  const expected = readPixels(viewer.area);
  assertEquals(viewer.pixels.findIndex((pixel, i) => pixel !== expected[i]), -1);
});

Deno.test("serveRfb() sends nothing that was not requested", async () => {
  await using rig = startServedDesktop();
  const viewer = await RfbViewer.open(rig.near);
  await viewer.setEncodings(1, 0);
  await viewer.update(true);
  for (let i = 0; i < 100; i++) rig.desktop.step();
  await viewer.cut("marker");
  assertEquals(await viewer.read(), "cut");
  await viewer.update();
  assertEquals(viewer.pixels, rig.desktop.readPixels(WHOLE));
});

Deno.test("serveRfb() sends only what changed", async () => {
  await using rig = startServedDesktop();
  const viewer = await RfbViewer.open(rig.near);
  await viewer.update(true);
  rig.desktop.pointer(150, 140, 1);
  rig.desktop.pointer(152, 140, 1);
  await viewer.update();
  const sent = viewer.rectangles.reduce((sum, { width, height }) => sum + width * height, 0);
  assert(sent < 40 * 26, `${sent} pixels`);
  assertEquals(viewer.pixels, rig.desktop.readPixels(WHOLE));
});

Deno.test("serveRfb() stops encoding while the viewer does not read", async () => {
  await using rig = startServedDesktop();
  const viewer = await RfbViewer.open(rig.near);
  rig.desktop.resize(2000, 1000);
  let read = 0;
  const readPixels = rig.desktop.readPixels.bind(rig.desktop);
  rig.desktop.readPixels = (area) => {
    read += area.width * area.height;
    return readPixels(area);
  };
  const next = await RfbViewer.open(rig.connect());
  await next.setEncodings(0);
  await next.request(false);
  await next.cut("x");
  while (await viewer.read() !== "cut");
  assert(read < 400_000, `${read} pixels of 2,000,000 were read`);
});

Deno.test("serveRfb() accepts a new size from one viewer and announces it to the others", async () => {
  await using rig = startServedDesktop();
  const [one, other] = [await RfbViewer.open(rig.near), await RfbViewer.open(rig.connect())];
  for (const viewer of [one, other]) {
    await viewer.setEncodings(1, 0, -308);
    await viewer.update(true);
    assertEquals(viewer.rectangles, [{ x: 0, y: 0, width: 200, height: 150, encoding: -308 }]);
  }
  await one.setDesktopSize(320, 240);
  await one.update();
  await other.update();
  assertEquals(one.rectangles, [{ x: 1, y: 0, width: 320, height: 240, encoding: -308 }]);
  assertEquals(other.rectangles, [{ x: 2, y: 0, width: 320, height: 240, encoding: -308 }]);
  await other.update();
  assertEquals(other.pixels, rig.desktop.readPixels(other.area));
  await one.update();
  await one.setDesktopSize(65535, 65535);
  await one.update();
  assertEquals(one.rectangles, [{ x: 1, y: 3, width: 320, height: 240, encoding: -308 }]);
});

Deno.test("serveRfb() sends cut text back to every viewer, with ? for characters outside Latin-1", async () => {
  await using rig = startServedDesktop();
  const [one, other] = [await RfbViewer.open(rig.near), await RfbViewer.open(rig.connect())];
  await one.cut("Gr\u00fc\u00dfe\n");
  await Promise.all([one.read(), other.read()]);
  rig.desktop.cut("\u20ac5");
  await Promise.all([one.read(), other.read()]);
  assertEquals([one.cutTexts, other.cutTexts], [["Gr\u00fc\u00dfe\n", "?5"], ["Gr\u00fc\u00dfe\n", "?5"]]);
});

Deno.test("serveRfb() reads the seven bytes of a PointerEvent only from a viewer that advertised them", async () => {
  await using rig = startServedDesktop();
  const viewer = await RfbViewer.open(rig.near);
  await viewer.send(5, 0x81, 0, 7, 0, 8);
  await viewer.setEncodings(-316, 0);
  await viewer.update(true);
  assertEquals(viewer.rectangles.map(({ encoding }) => encoding), [-316]);
  await viewer.send(5, 0x81, 0, 7, 0, 8, 1);
  await viewer.send(5, 0x01, 0, 7, 0, 8);
  await viewer.update();
  const buttons = rig.events.flatMap((event) => event.type === "PointerEvent" ? [event.buttons] : []);
  assertEquals(buttons, [0x81, 0x81, 0x01]);
});

const malformed: [string, number[]][] = [
  ["an unknown message", [77]],
  ["a colour map", [0, 0, 0, 0, 8, 8, 0, 0, 0, 7, 0, 7, 0, 3, 0, 3, 6, 0, 0, 0]],
  ["24 bits per pixel", [0, 0, 0, 0, 24, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]],
  ["colours beyond the pixel", [0, 0, 0, 0, 16, 16, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0]],
  ["too many encodings", [2, 0, 0xff, 0xff]],
  ["a cut text that is too long", [6, 0, 0, 0, 0, 16, 0, 1]],
  ["an extended cut text that was not negotiated", [6, 0, 0, 0, 0xff, 0xff, 0xff, 0xf0]],
];
for (const [name, bytes] of malformed) {
  Deno.test(`serveRfb() ends the connection on ${name}`, async () => {
    await using rig = startServedDesktop();
    const viewer = await RfbViewer.open(rig.near);
    await viewer.send(...bytes);
    const error = await assertRejects(() => rig.served, PortholeError);
    assertEquals(error.code, "viewer_malformed");
  });
}

const conversation = [
  ...[..."RFB 003.008\n"].map((char) => char.charCodeAt(0)),
  ...[1, 1],
  ...[0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0],
  ...[2, 0, 0, 2, 0, 0, 0, 16, 0, 0, 0, 1],
  ...[6, 0, 0, 0, 0, 0, 0, 2, 65, 66],
  ...[251, 0, 0, 9, 0, 9, 1, 0, ...Array(16).fill(0)],
];
/** Where one message ends and the next begins, once the handshake is over. */
const BOUNDARIES = [14, 34, 46, 56, 80];

Deno.test("serveRfb() ends cleanly or with a named error wherever the viewer stops", async () => {
  for (let length = 0; length <= conversation.length; length++) {
    const rig = startServedDesktop();
    const reading = rig.near.readable.pipeTo(new WritableStream());
    const writer = rig.near.writable.getWriter();
    await writer.write(Uint8Array.from(conversation.slice(0, length)));
    await writer.close();
    const ending = await rig.served.then(() => "clean", (error) => (error as PortholeError).code);
    assertEquals(ending, BOUNDARIES.includes(length) ? "clean" : "viewer_malformed", `after ${length} bytes`);
    await reading;
  }
});

Deno.test("serveRfb() refuses versions and security types that were not offered", async () => {
  for (const bytes of ["RFB 003.009\n", "RFB 004.000\n", "GET / HTTP/1.1\r\n", "RFB 003.008\n\x05"]) {
    await using rig = startServedDesktop();
    await new RfbViewer(rig.near).send(...[...bytes].map((char) => char.charCodeAt(0)));
    const error = await assertRejects(() => rig.served, PortholeError);
    assertEquals(error.code, "viewer_malformed");
  }
});

Deno.test("createDemo() serves a desktop that moves by CopyRect, and stops its timer", async () => {
  const demo = createDemo();
  const viewer = await RfbViewer.open(demo.connect());
  await viewer.setEncodings(1, 16, -308, -239);
  await viewer.update(true);
  await viewer.update();
  let copies = 0;
  for (let i = 0; i < 5; i++) {
    await viewer.update();
    copies += viewer.rectangles.filter((rectangle) => rectangle.encoding === 1).length;
  }
  assertEquals(copies > 0, true);
  viewer.stream.close();
});

function shape(
  redMax: number,
  greenMax: number,
  blueMax: number,
  redShift: number,
  greenShift: number,
  blueShift: number,
) {
  return { redMax, greenMax, blueMax, redShift, greenShift, blueShift };
}
