/** Ways to cut bytes into chunks, and to collect a stage's output. */

/** All bytes of the parts, one after the other. */
export function concat(parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** Cuts after each of the given lengths in turn, beginning again with the first; 0 gives an empty chunk. */
export function cut(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  const cycle = lengths.some((length) => length > 0) ? lengths : [1];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const end = Math.min(bytes.length, at + cycle[turn % cycle.length]!);
    chunks.push(bytes.slice(at, end));
    at = end;
  }
  return chunks;
}

/** The output of a stage, and its error, if any. */
export interface Outcome {
  readonly out: Uint8Array;
  readonly thrown: unknown;
}

/** Pushes chunk after chunk until the stage throws. Fails if the stage wrote to a chunk. */
export function run(push: (chunk: Uint8Array) => Uint8Array, chunks: readonly Uint8Array[]): Outcome {
  const out: Uint8Array[] = [];
  for (const chunk of chunks) {
    const before = chunk.slice();
    try {
      out.push(push(chunk).slice());
    } catch (thrown) {
      return { out: join(out), thrown };
    }
    if (!isSame(before, chunk)) throw new Error("The stage wrote to its chunk");
  }
  return { out: join(out), thrown: undefined };
}

/** Whether both have the same bytes. */
export function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

/** Whether `bytes` begins with `start`. */
export function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  return isSame(bytes.subarray(0, start.length), start);
}

/** Seeded numbers below 2^32 (mulberry32). */
export function* seeded(seed: number): Generator<number, never> {
  for (let state = seed;;) {
    state = state + 0x6d2b79f5 | 0;
    let mixed = Math.imul(state ^ state >>> 15, 1 | state);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
    yield (mixed ^ mixed >>> 14) >>> 0;
  }
}

/** Chunk lengths from 1 to `most` that look random. */
export function randomLengths(seed: number, most: number, count = 64): number[] {
  const numbers = seeded(seed);
  return Array.from({ length: count }, () => 1 + numbers.next().value % most);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
