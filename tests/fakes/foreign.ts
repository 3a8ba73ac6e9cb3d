/**
 * What strangers send, for the property tests of the parsers that meet it.
 *
 * Half of it is noise; the other half is valid input that was damaged, since noise rarely gets past a parser's first byte.
 */
import fc from "fast-check";

/**
 * How often each property of such a parser is tried. fast-check prints the seed and the smallest input that fails; that
 * input then joins the property's `examples`, which are tried first in every run.
 */
export const FOREIGN = { numRuns: 10_000 } as const;

/** Lengths of the chunks in which bytes arrive, for `cut()`. */
export const chunkLengths: fc.Arbitrary<number[]> = fc.array(
  fc.oneof(fc.constant(1), fc.nat(4), fc.nat(100), fc.nat(3000)),
  { minLength: 1, maxLength: 8 },
);

/** One change to a sequence: where, how many items go, and what comes in their place. */
interface Damage<Item> {
  readonly at: number;
  readonly gone: number;
  readonly put: readonly Item[];
}

function damage<Item>(item: fc.Arbitrary<Item>): fc.Arbitrary<Damage<Item>[]> {
  const gone = fc.oneof({ weight: 3, arbitrary: fc.nat(2) }, { weight: 1, arbitrary: fc.nat(200) });
  const one = fc.record({ at: fc.nat(1_000_000), gone, put: fc.array(item, { maxLength: 4 }) });
  return fc.array(one, { maxLength: 3 });
}

function apply<Item>(items: readonly Item[], changes: readonly Damage<Item>[]): Item[] {
  const damaged = [...items];
  for (const { at, gone, put } of changes) damaged.splice(at % (damaged.length + 1), gone, ...put);
  return damaged;
}

const foreignByte = fc.oneof(fc.constantFrom(0, 1, 2, 127, 128, 254, 255), fc.nat(255));

/** Valid bytes with some changed, missing or added; at times none, so that what is valid stays in sight. */
export function damageBytes(
  valid: fc.Arbitrary<readonly number[] | Uint8Array>,
): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  return fc.tuple(valid, damage(foreignByte)).map(([bytes, changes]) => Uint8Array.from(apply([...bytes], changes)));
}

/** Bytes that are noise or damaged. */
export function foreignBytes(
  valid: fc.Arbitrary<readonly number[] | Uint8Array>,
  maxLength = 300,
): fc.Arbitrary<Uint8Array<ArrayBuffer>> {
  const noise = fc.array(foreignByte, { maxLength }).map((bytes) => Uint8Array.from(bytes));
  return fc.oneof(noise, damageBytes(valid));
}

/** Text that is noise, made of the pieces, or valid text that was damaged by the pieces. */
export function foreignText(valid: readonly string[], pieces: readonly string[] = []): fc.Arbitrary<string> {
  const piece = fc.oneof(
    fc.constantFrom("", " ", "\t", "\0", "\r\n", "%", "%00", "/", "\\", '"', "é", "\u202e", "__proto__", ...pieces),
    fc.string({ unit: "binary", maxLength: 2 }),
  );
  const damaged = fc.tuple(fc.constantFrom(...valid), damage(piece))
    .map(([text, changes]) => apply([...text], changes).join(""));
  const made = fc.array(fc.oneof(piece, fc.constantFrom(...valid)), { maxLength: 12 }).map((all) => all.join(""));
  return fc.oneof(damaged, made, fc.string({ unit: "binary", maxLength: 100 }), fc.string({ unit: "grapheme" }));
}

/** The text as a header carries it: bytes but for NUL and line ends, without white space around it. */
export function asHeader(text: string): string {
  const bytes = [...new TextEncoder().encode(text)].map((byte) => String.fromCharCode(byte));
  return bytes.join("").replaceAll(/[\0\r\n]/g, "").trim();
}
