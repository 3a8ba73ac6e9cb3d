/** A place in a text; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/**
 * The place of the character at an offset, or the end of the text for an offset beyond it. `yaml` has a LineCounter of its
 * own, but it can miss lines that follow a broken block scalar.
 */
export function findPlace(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: before.length - lineStart + 1 };
}
