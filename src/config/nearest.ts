/** How far a candidate may be. */
interface NearestOptions {
  /** Most letters that are missing, extra, wrong or swapped; fewer in short words. */
  readonly within?: number;
}

/** The candidate closest to a misspelled word; undefined when none is close. Ignores case, and treats `-` as `_`. */
export function findNearest(
  word: string,
  candidates: Iterable<string>,
  { within = 2 }: NearestOptions = {},
): string | undefined {
  if (word.length > 64) return undefined;
  const wanted = fold(word);
  let nearest: string | undefined;
  let best = Math.min(within + 1, Math.floor(wanted.length / 2) + 1);
  for (const candidate of candidates) {
    const distance = measureDistance(wanted, fold(candidate));
    if (distance < best) [nearest, best] = [candidate, distance];
  }
  return nearest;
}

function fold(word: string): string {
  return word.toLowerCase().replaceAll("-", "_");
}

/** Optimal string alignment: insertions, deletions, replacements and swaps of neighbours each count one. */
function measureDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(replaced, last[j]! + 1, row[j - 1]! + 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (swapped) row[j] = Math.min(row[j]!, beforeLast[j - 2]! + 1);
    }
    [beforeLast, last] = [last, row];
  }
  return last[b.length]!;
}
