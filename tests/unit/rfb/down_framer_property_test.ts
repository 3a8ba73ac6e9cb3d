import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { PortholeError } from "../../../src/errors.ts";
import { createDownFramer } from "../../../src/rfb/down_framer.ts";
import { ENCODING } from "../../../src/rfb/encodings.ts";
import { PixelState } from "../../../src/rfb/pixel_format.ts";
import { damageBytes, FOREIGN } from "../../fakes/foreign.ts";
import { CLIPBOARD, HIGH_COLOUR, TRUE_COLOUR } from "./client_bytes.ts";
import { concat, cut, run, startsWith } from "./cuts.ts";
import * as server from "./server_bytes.ts";

/** A message as the model wrote it: its bytes, the rectangles in it, and whether it is cut text. */
interface Written {
  readonly bytes: readonly number[];
  readonly encodings: readonly number[];
  readonly text?: "text" | "signal" | "unasked";
}

const lengths = fc.array(fc.oneof(fc.nat(4), fc.nat(100), fc.nat(3000)), { minLength: 1, maxLength: 8 });

function rectangles(pixels: server.Pixels): fc.Arbitrary<server.Rectangle> {
  const side = fc.nat(40);
  const deflated = fc.oneof(fc.nat(200), fc.nat(20_000));
  const how: fc.Arbitrary<server.TightKind> = fc.oneof(
    fc.record({
      kind: fc.constantFrom("fill", "copy", "explicitCopy", "gradient", "picture"),
      deflated,
    }) as fc.Arbitrary<server.TightKind>,
    fc.record({ kind: fc.constant("palette" as const), deflated, colours: fc.integer({ min: 2, max: 256 }) }),
  );
  const masks = fc.array(fc.nat(31), { minLength: 1, maxLength: 9 });
  return fc.tuple(side, side, how, masks, fc.nat(9)).map(([width, height, kind, tiles, which]) => {
    const make = (encoding: number, payload: number[]) => server.rectangle(encoding, width, height, payload);
    if (which < 4) return make(ENCODING.tight, server.tight(pixels, width, height, kind));
    if (which < 6) return make(ENCODING.hextile, server.hextile(pixels, width, height, tiles));
    if (which === 6) return make(ENCODING.raw, server.noise(width * height * pixels.bytes));
    if (which === 7) return make(ENCODING.zrle, server.counted(kind.deflated));
    if (which === 8) return make(ENCODING.rre, server.rre(pixels, width, 8));
    return make(ENCODING.desktopSize, []);
  });
}

function messages(pixels: server.Pixels): fc.Arbitrary<Written> {
  const plain = (bytes: readonly number[]): Written => ({ bytes, encodings: [] });
  const last = server.rectangle(ENCODING.lastRect, 0, 0, []);
  return fc.oneof(
    fc.tuple(fc.array(rectangles(pixels), { maxLength: 4 }), fc.boolean()).map(([list, isOpen]) => {
      const all = isOpen ? [...list, last] : list;
      const bytes = server.update(all, isOpen ? 65_535 : all.length);
      return { bytes, encodings: all.map(({ encoding }) => encoding) };
    }),
    fc.constantFrom(server.bell(), server.endOfContinuousUpdates(), server.xvp()).map(plain),
    fc.constantFrom(server.colours(3), [13], [253, 0, 1, 0, 9]).map((bytes): Written => ({
      bytes,
      encodings: [],
      text: "unasked",
    })),
    fc.nat(64).map((length) => plain(server.fence(server.noise(length)))),
    fc.nat(3000).map((length): Written => ({
      bytes: server.cutText(server.noise(length)),
      encodings: [],
      text: "text",
    })),
    fc.constantFrom(CLIPBOARD.request, CLIPBOARD.peek).map((flags): Written => ({
      bytes: server.extendedCutText(flags, []),
      encodings: [],
      text: "signal",
    })),
  );
}

const COLOURS = [
  { format: TRUE_COLOUR, pixels: { bytes: 4, tightBytes: 3 } },
  { format: HIGH_COLOUR, pixels: { bytes: 2, tightBytes: 2 } },
];

for (const { format, pixels } of COLOURS) {
  Deno.test(`createDownFramer() passes all but cut text and what nobody asked for, cut anywhere, at ${format[0]} bits`, () => {
    const sequence = fc.array(messages(pixels), { maxLength: 8 });
    const pass = fc.constantFrom("all" as const, "signals" as const, "none" as const);
    fc.assert(
      fc.property(sequence, lengths, pass, (written, chunking, cutText) => {
        const seen: number[] = [];
        const encodings: number[] = [];
        const framer = createDownFramer({
          pixels: new PixelState(Uint8Array.from(format)),
          cutText,
          onMessage: (type) => seen.push(type),
          onRectangle: (encoding) => encodings.push(encoding),
        });
        const { out, thrown } = run(
          (chunk) => framer.push(chunk),
          cut(concat(written.map(({ bytes }) => bytes)), chunking),
        );
        assertEquals(thrown, undefined);
        const passes = ({ text }: Written) =>
          !text || (cutText === "all" && text !== "unasked") || (cutText === "signals" && text === "signal");
        const expected = concat(written.filter(passes).map(({ bytes }) => bytes));
        assert(out.length === expected.length && startsWith(out, expected));
        assertEquals(seen, written.map(({ bytes }) => bytes[0]!));
        assertEquals(encodings, written.flatMap((message) => message.encodings));
        assert(framer.isBetweenMessages);
      }),
      { numRuns: 250 },
    );
  });
}

Deno.test("createDownFramer() turns noise and damaged messages into a typed error or the same bytes, however it is cut", () => {
  const types = fc.constantFrom(0, 0, 0, 1, 2, 3, 150, 248, 255, 5, 6, 7, 16);
  const noise = fc.array(fc.oneof(types, fc.constant(0), fc.nat(255)), { maxLength: 300 }).map((list) =>
    Uint8Array.from(list)
  );
  const written = fc.array(messages({ bytes: 4, tightBytes: 3 }), { maxLength: 2 });
  const bytes = fc.oneof(noise, damageBytes(written.map((all) => concat(all.map(({ bytes }) => bytes)))));
  fc.assert(
    fc.property(bytes, lengths, (noise, chunking) => {
      const once = frame([noise]);
      const often = frame(cut(noise, chunking));
      for (const { thrown } of [once, often]) {
        assert(thrown === undefined || (thrown instanceof PortholeError && thrown.code === "vnc_malformed"));
      }
      assertEquals(often.thrown instanceof PortholeError, once.thrown instanceof PortholeError);
      if (!once.thrown) assertEquals(often.out, once.out);
    }),
    FOREIGN,
  );
});

function frame(chunks: readonly Uint8Array[]) {
  const framer = createDownFramer({ pixels: new PixelState(Uint8Array.from(TRUE_COLOUR)), cutText: "none" });
  return run((chunk) => framer.push(chunk), chunks);
}
