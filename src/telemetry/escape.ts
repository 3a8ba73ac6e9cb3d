/** Escapes for text that people read in a terminal, a log or a list. */

/**
 * Control characters, which can break a line in two or control a terminal; format characters, which are invisible or
 * reverse the text after them; line and paragraph separators; and halves of surrogate pairs.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Replaces each with its code, as `\x1b` or `\u202e`. */
export function escapeUnprintable(text: string): string {
  return text.replace(UNPRINTABLE, (char) => {
    const code = char.codePointAt(0)!;
    return code < 0x100 ? `\\x${toHex(code, 2)}` : encode(char);
  });
}

/** The same for text that may have several lines. */
export function escapeLines(text: string): string {
  return text.split("\n").map(escapeUnprintable).join("\n");
}

/** The JSON of a value, on one line, with the same characters as JSON escapes: a reader gets the text as it was. */
export function stringifyPrintable(value: unknown): string {
  return JSON.stringify(value).replace(UNPRINTABLE, encode);
}

function encode(char: string): string {
  return char.split("").map((unit) => `\\u${toHex(unit.charCodeAt(0), 4)}`).join("");
}

function toHex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}
