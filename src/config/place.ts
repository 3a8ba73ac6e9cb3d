/** A place in a text; line and column start at 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/**
 * The place of the character at an offset, or the end of the text for an offset beyond it. The LineCounter of `yaml` is
 * not used, because it can miss lines after a broken block scalar.
 */
export function findPlace(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: before.length - lineStart + 1 };
}
