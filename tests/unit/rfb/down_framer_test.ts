import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { PortholeError } from "../../../src/errors.ts";
import { createDownFramer, type CutTextPass } from "../../../src/rfb/down_framer.ts";
import { ENCODING } from "../../../src/rfb/encodings.ts";
import { PixelState } from "../../../src/rfb/pixel_format.ts";
import { CLIPBOARD, HIGH_COLOUR, TRUE_COLOUR, u32 } from "./client_bytes.ts";
import { concat, cut, randomLengths, run } from "./cuts.ts";
import * as server from "./server_bytes.ts";

const PIXELS = { bytes: 4, tightBytes: 3 };

function start(cutText: CutTextPass = "none", format: readonly number[] = TRUE_COLOUR) {
  const messages: number[] = [];
  const encodings: number[] = [];
  const framer = createDownFramer({
    pixels: new PixelState(Uint8Array.from(format)),
    cutText,
    onMessage: (type) => messages.push(type),
    onRectangle: (encoding) => encodings.push(encoding),
  });
  return { framer, push: (chunk: Uint8Array) => framer.push(chunk), messages, encodings };
}

function throwsMalformed(bytes: readonly number[], words: string): void {
  const { push } = start();
  for (let again = 0; again < 2; again++) {
    const thrown = assertThrows(() => push(concat([bytes])), PortholeError, words);
    assertEquals([thrown.code, thrown.retry], ["vnc_malformed", false]);
  }
}

const RECTANGLES = [
  server.rectangle(ENCODING.raw, 3, 5, server.noise(60)),
  server.rectangle(ENCODING.raw, 0, 5, []),
  server.rectangle(ENCODING.copyRect, 100, 100, [0, 1, 0, 2]),
  server.rectangle(ENCODING.rre, 9, 9, server.rre(PIXELS, 3, 8)),
  server.rectangle(ENCODING.rre, 9, 9, server.rre(PIXELS, 0, 8)),
  server.rectangle(ENCODING.coRre, 9, 9, server.rre(PIXELS, 3, 4)),
  server.rectangle(ENCODING.hextile, 33, 17, server.hextile(PIXELS, 33, 17, [1, 0, 2, 6, 14, 24, 8])),
  server.rectangle(ENCODING.hextile, 0, 17, []),
  server.rectangle(ENCODING.hextile, 16, 0, []),
  server.rectangle(ENCODING.zlib, 9, 9, server.counted(77)),
  server.rectangle(ENCODING.zrle, 9, 9, server.counted(0)),
  server.rectangle(ENCODING.h264, 9, 9, [...u32(5), 0, 0, 0, 1, ...server.noise(5)]),
  ...([
    { kind: "fill", deflated: 0 },
    { kind: "copy", deflated: 127 },
    { kind: "explicitCopy", deflated: 128 },
    { kind: "gradient", deflated: 16_383 },
    { kind: "picture", deflated: 16_384 },
    { kind: "palette", deflated: 30, colours: 2 },
    { kind: "palette", deflated: 30, colours: 3 },
    { kind: "palette", deflated: 30, colours: 256 },
  ] as const).map((how) => server.rectangle(ENCODING.tight, 20, 7, server.tight(PIXELS, 20, 7, how))),
  // Under 12 bytes there is no compact length; a palette of two takes a bit for each pixel.
  server.rectangle(ENCODING.tight, 3, 1, server.tight(PIXELS, 3, 1, { kind: "copy", deflated: 0 })),
  server.rectangle(ENCODING.tight, 4, 1, server.tight(PIXELS, 4, 1, { kind: "copy", deflated: 9 })),
  server.rectangle(ENCODING.tight, 8, 11, server.tight(PIXELS, 8, 11, { kind: "palette", deflated: 0, colours: 2 })),
  server.rectangle(ENCODING.tight, 9, 6, server.tight(PIXELS, 9, 6, { kind: "palette", deflated: 9, colours: 2 })),
  server.rectangle(ENCODING.tight, 0, 6, server.tight(PIXELS, 0, 6, { kind: "gradient", deflated: 0 })),
  server.rectangle(ENCODING.tightPng, 9, 6, server.tight(PIXELS, 9, 6, { kind: "picture", deflated: 200 }, true)),
  server.rectangle(ENCODING.tightPng, 9, 6, server.tight(PIXELS, 9, 6, { kind: "fill", deflated: 0 }, true)),
  server.rectangle(ENCODING.desktopSize, 640, 480, []),
  server.rectangle(ENCODING.pointerPos, 0, 0, []),
  server.rectangle(ENCODING.cursor, 9, 3, server.noise(9 * 3 * 4 + 2 * 3)),
  server.rectangle(ENCODING.cursor, 0, 0, []),
  server.rectangle(ENCODING.xCursor, 9, 3, server.noise(6 + 2 * 2 * 3)),
  server.rectangle(ENCODING.xCursor, 0, 0, []),
  server.rectangle(ENCODING.cursorWithAlpha, 3, 3, [...u32(0), ...server.noise(36)]),
  server.rectangle(ENCODING.vmwareCursor, 3, 3, [0, 0, ...server.noise(72)]),
  server.rectangle(ENCODING.vmwareCursor, 3, 3, [1, 0, ...server.noise(36)]),
  server.rectangle(ENCODING.vmwareLed, 0, 0, u32(1)),
  server.rectangle(ENCODING.qemuKeyEvent, 0, 0, []),
  server.rectangle(ENCODING.qemuAudio, 0, 0, []),
  server.rectangle(ENCODING.qemuLed, 0, 0, [3]),
  server.rectangle(ENCODING.desktopName, 0, 0, server.counted(12)),
  server.rectangle(ENCODING.extendedDesktopSize, 640, 480, [2, 0, 0, 0, ...server.noise(32)]),
];

const MESSAGES = [
  server.update([]),
  ...RECTANGLES.map((rectangle) => server.update([rectangle])),
  server.update(RECTANGLES),
  server.update([RECTANGLES[0]!, server.rectangle(ENCODING.lastRect, 0, 0, [])], 65_535),
  server.bell(),
  server.fence([]),
  server.fence(Array(64).fill(3)),
  server.endOfContinuousUpdates(),
  server.xvp(),
  server.audio(0),
  server.audio(1),
  server.audio(2, server.noise(4096)),
];

const TEXT = [
  server.cutText([]),
  server.cutText([3, 0, 0, 0, 0, 0, 0, 9]),
  server.cutText(server.noise(5000)),
  server.extendedCutText(CLIPBOARD.notify, []),
  server.extendedCutText(CLIPBOARD.provide, server.noise(300)),
  server.extendedCutText(CLIPBOARD.request, [1]),
  server.extendedCutText(CLIPBOARD.caps, []),
  [3, 0, 0, 0, ...u32(-3), 2, 0, 0],
];
const SIGNALS = [
  server.extendedCutText(CLIPBOARD.caps | CLIPBOARD.provide, [0, 16, 0, 0]),
  server.extendedCutText(CLIPBOARD.request, []),
  server.extendedCutText(CLIPBOARD.peek, []),
];

Deno.test("createDownFramer(): every message passes, however it is cut, and is known to be whole", () => {
  for (const message of MESSAGES) {
    const bytes = concat([message, server.bell()]);
    for (const lengths of [[bytes.length], [1], [5, 0, 2], randomLengths(message.length, 30)]) {
      const { framer, push, messages } = start();
      const { out, thrown } = run(push, cut(bytes, lengths));
      assertEquals(thrown, undefined);
      assertEquals(out, bytes);
      assertEquals(messages, [message[0]!, 2]);
      assert(framer.isBetweenMessages);
    }
  }
});

Deno.test("createDownFramer(): consecutive rectangles are told apart", () => {
  for (const lengths of [[1], [1000], randomLengths(7, 50)]) {
    const { push, encodings } = start();
    run(push, cut(concat([server.update(RECTANGLES)]), lengths));
    assertEquals(encodings, RECTANGLES.map(({ encoding }) => encoding));
  }
});

Deno.test("createDownFramer(): a message cut at any offset passes up to there and is not whole", () => {
  for (const message of MESSAGES.filter(({ length }) => length < 400)) {
    const bytes = concat([message]);
    for (let at = 1; at < bytes.length; at++) {
      const { framer, push } = start();
      assertEquals(push(bytes.subarray(0, at)), bytes.subarray(0, at));
      assert(!framer.isBetweenMessages);
      assertEquals(push(bytes.subarray(at)), bytes.subarray(at));
      assert(framer.isBetweenMessages);
    }
  }
});

Deno.test("createDownFramer(): a chunk without cut text comes back as the very same chunk", () => {
  const { push } = start();
  const bytes = concat(MESSAGES);
  for (const chunk of cut(bytes, [1400])) assertStrictEquals(push(chunk), chunk);
});

for (
  const [cutText, passing] of [["none", []], ["signals", SIGNALS], ["all", [...TEXT, ...SIGNALS]]] as [
    CutTextPass,
    number[][],
  ][]
) {
  Deno.test(`createDownFramer(): of cut text, "${cutText}" passes, however it is cut`, () => {
    for (const text of [...TEXT, ...SIGNALS]) {
      const around = server.update([RECTANGLES[0]!]);
      const bytes = concat([around, text, around]);
      const expected = concat([around, passing.includes(text) ? text : [], around]);
      for (const lengths of [[bytes.length], [1], [around.length, 3], randomLengths(text.length, 20)]) {
        const { out, thrown } = run(start(cutText).push, cut(bytes, lengths));
        assertEquals(thrown, undefined);
        assertEquals(out, expected);
      }
      for (let at = 1; at < Math.min(text.length, 30); at++) {
        const chunks = [bytes.subarray(0, around.length + at), new Uint8Array(0), bytes.subarray(around.length + at)];
        assertEquals(run(start(cutText).push, chunks).out, expected);
      }
    }
  });
}

Deno.test("createDownFramer(): cut text of 1 GiB is dropped as it comes; more ends the session", () => {
  const { framer, push } = start();
  push(concat([[3, 0, 0, 0, ...u32(2 ** 30 - 8)]]));
  const part = new Uint8Array(2 ** 20);
  for (let left = 2 ** 30 - 8; left > 0; left -= part.length) push(part.subarray(0, left)).length;
  assert(framer.isBetweenMessages);
  throwsMalformed([3, 0, 0, 0, ...u32(2 ** 30)], "bytes announced at once");
  throwsMalformed([3, 0, 0, 0, ...u32(0x80000000)], "bytes announced at once");
});

Deno.test("createDownFramer(): lengths beyond any desktop end the session", () => {
  const announce = (encoding: number, payload: number[], size = 1) =>
    server.update([server.rectangle(encoding, size, size, payload)]);
  throwsMalformed(announce(ENCODING.raw, [], 65_535), "bytes announced at once");
  for (const encoding of [ENCODING.zlib, ENCODING.zrle, ENCODING.rre, ENCODING.h264, ENCODING.desktopName]) {
    throwsMalformed(announce(encoding, u32(0xffffffff)), "bytes announced at once");
  }
  throwsMalformed([255, 1, 0, 2, ...u32(0xffffffff)], "bytes announced at once");
});

Deno.test("createDownFramer(): anything that no viewer may request ends the session", () => {
  for (let type = 0; type < 256; type++) {
    const known = [0, 1, 2, 3, 7, 11, 13, 150, 173, 248, 250, 253, 255];
    if (!known.includes(type)) throwsMalformed([type], `unknown message type ${type}`);
  }
  throwsMalformed([255, 0, 0, 0], "unknown QEMU message");
  for (const encoding of [8, 15, 17, 21, -316, -305, -317, 0x574d5665]) {
    throwsMalformed(server.update([server.rectangle(encoding, 1, 1, [])]), `unknown encoding ${encoding}`);
  }
  const tight = (control: number[], encoding: number = ENCODING.tight) =>
    server.update([server.rectangle(encoding, 9, 9, control)]);
  throwsMalformed(tight([0xa0]), "unknown Tight control 10");
  throwsMalformed(tight([0xf0]), "unknown Tight control 15");
  throwsMalformed(tight([0x10], ENCODING.tightPng), "unknown Tight control 1");
  throwsMalformed(tight([0x40, 3]), "unknown Tight filter 3");
  throwsMalformed(server.update([server.rectangle(ENCODING.hextile, 9, 9, [32])]), "unknown Hextile mask 32");
  throwsMalformed(tight(u32(7), ENCODING.cursorWithAlpha), "unknown cursor encoding 7");
  throwsMalformed(tight([2], ENCODING.vmwareCursor), "unknown VMware cursor 2");
});

Deno.test("createDownFramer(): lengths follow the viewer's pixel format", () => {
  const pixels = { bytes: 2, tightBytes: 2 };
  const bytes = concat([
    server.update([
      server.rectangle(ENCODING.raw, 3, 5, server.noise(30)),
      server.rectangle(ENCODING.rre, 9, 9, server.rre(pixels, 3, 8)),
      server.rectangle(ENCODING.hextile, 33, 17, server.hextile(pixels, 33, 17, [1, 0, 2, 6, 14, 24, 8])),
      server.rectangle(ENCODING.tight, 5, 1, server.tight(pixels, 5, 1, { kind: "copy", deflated: 0 })),
      server.rectangle(ENCODING.tight, 9, 9, server.tight(pixels, 9, 9, { kind: "fill", deflated: 0 })),
      server.rectangle(ENCODING.cursor, 9, 3, server.noise(9 * 3 * 2 + 2 * 3)),
    ]),
    server.bell(),
  ]);
  for (const lengths of [[1], [bytes.length]]) {
    const { push, messages } = start("none", HIGH_COLOUR);
    run(push, cut(bytes, lengths));
    assertEquals(messages, [0, 2]);
  }
});

Deno.test("createDownFramer() drops what no viewer asked for, however it is cut, and names what it cannot drop", () => {
  const picture = server.update([server.rectangle(ENCODING.raw, 3, 5, server.noise(60))]);
  const unasked = [
    [13],
    [7, 0, 0, 0, 0, 0, 0, 0, ...u32(5), 1, 2, 3, 4, 5],
    [11, 0, 0, 0, ...u32(3), 104, 105, 33],
    [11, 0, 0, 0, ...u32(-1)],
    [173, 0, 0, 0, ...u32(1), ...u32(2)],
    [253, 0x81, 0, 2, 9, 9],
    [253, 0x01, 2, 0, 9, 9],
  ];
  const bytes = concat(unasked.flatMap((message) => [picture, message, server.bell()]));
  const kept = concat(unasked.flatMap(() => [picture, server.bell()]));
  for (const lengths of [[1e6], [1], [7, 3], randomLengths(5, 20)]) {
    for (const cutText of ["all", "none"] as const) {
      assertEquals(run(start(cutText).push, cut(bytes, lengths)).out, kept, `${lengths}`);
    }
  }
  throwsMalformed([127, 0], "unknown message type 127 (VMware)");
  throwsMalformed([131, 0], "unknown message type 131 (TightVNC file transfer)");
  throwsMalformed(server.update([server.rectangle(ENCODING.gii, 1, 1, [])]), "unknown encoding -305 (gii)");
});

Deno.test("createDownFramer() drops colour map entries while pixels are colours, and passes them otherwise", () => {
  const mapped = [8, 8, 0, 0, ...TRUE_COLOUR.slice(4)];
  for (const lengths of [[1e6], [1], [5, 4]]) {
    const bytes = concat([server.bell(), server.colours(256), server.bell()]);
    assertEquals(run(start("all").push, cut(bytes, lengths)).out, concat([server.bell(), server.bell()]));
    assertEquals(run(start("all", mapped).push, cut(bytes, lengths)).out, bytes);
  }
});
