/** Durations and sizes with their units: `5s`, `2m`, `500ms`, `16MiB`, `64KB`. */

const MILLISECONDS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["min", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

const BYTES: ReadonlyMap<string, number> = new Map([
  ["b", 1],
  ["kb", 1000],
  ["mb", 1000 ** 2],
  ["gb", 1000 ** 3],
  ["kib", 1024],
  ["mib", 1024 ** 2],
  ["gib", 1024 ** 3],
]);

const MAX_MS = 366 * 86_400_000;

/**
 * Milliseconds of `500ms`, `5s`, `1.5m`, `2h`, `1d` or 0. Other numbers need a unit, because they could mean seconds or
 * milliseconds.
 * @throws SyntaxError with a sentence.
 */
export function parseDuration(value: string | number): number {
  if (Number(value) === 0 && String(value).trim() !== "") return 0;
  const ms = measure(String(value), MILLISECONDS);
  if (ms === undefined) throw new SyntaxError(`must be a duration with a unit, for example 500ms, 5s, 2m or 1h`);
  if (ms > MAX_MS) throw new SyntaxError("must be at most 366d");
  return Math.round(ms);
}

/**
 * Bytes of `64KiB`, `16MiB`, `1GB` (units of 1024 with an i, of 1000 without) or a number of bytes.
 * @throws SyntaxError with a sentence.
 */
export function parseSize(value: string | number): number {
  const bytes = /^\d+$/.test(String(value)) ? Number(value) : measure(String(value), BYTES);
  if (bytes === undefined) throw new SyntaxError(`must be a size with a unit, for example 64KiB, 16MiB or 1GB`);
  if (!Number.isSafeInteger(Math.round(bytes))) throw new SyntaxError("is too large");
  return Math.round(bytes);
}

/**
 * A share such as `75%`, as a number from 0 to 1, or bytes as `parseSize()` reads them.
 * @throws SyntaxError with a sentence.
 */
export function parseShareOrSize(value: string | number): { readonly share: number } | { readonly bytes: number } {
  const [, percent] = /^(\d+(?:\.\d+)?) ?%$/.exec(String(value).trim()) ?? [];
  if (percent === undefined) return { bytes: parseSize(value) };
  if (Number(percent) < 1 || Number(percent) > 100) throw new SyntaxError("must be from 1% to 100%");
  return { share: Number(percent) / 100 };
}

function measure(text: string, units: ReadonlyMap<string, number>): number | undefined {
  const [, amount, unit] = /^(\d+(?:\.\d+)?) ?([a-z]+)$/i.exec(text.trim()) ?? [];
  const factor = unit === undefined ? undefined : units.get(unit.toLowerCase());
  return factor === undefined ? undefined : Number(amount) * factor;
}
