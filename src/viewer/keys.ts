/** Keys as X11 keysyms (X11/keysymdef.h) and DOM codes, for buttons, typed text and pasting as keys. Pure. */

/** One key: what it means, and where it sits on a keyboard (null where that is unknown). */
export interface Key {
  readonly keysym: number;
  readonly code: string | null;
}

/** A key with its direction. */
export interface KeyStroke extends Key {
  readonly down: boolean;
}

const KEYS = {
  Escape: { keysym: 0xff1b, code: "Escape" },
  Tab: { keysym: 0xff09, code: "Tab" },
  Enter: { keysym: 0xff0d, code: "Enter" },
  Backspace: { keysym: 0xff08, code: "Backspace" },
  Delete: { keysym: 0xffff, code: "Delete" },
  PrintScreen: { keysym: 0xff61, code: "PrintScreen" },
  ArrowLeft: { keysym: 0xff51, code: "ArrowLeft" },
  ArrowUp: { keysym: 0xff52, code: "ArrowUp" },
  ArrowRight: { keysym: 0xff53, code: "ArrowRight" },
  ArrowDown: { keysym: 0xff54, code: "ArrowDown" },
  Control: { keysym: 0xffe3, code: "ControlLeft" },
  Alt: { keysym: 0xffe9, code: "AltLeft" },
  Shift: { keysym: 0xffe1, code: "ShiftLeft" },
  Super: { keysym: 0xffeb, code: "MetaLeft" },
  F1: { keysym: 0xffbe, code: "F1" },
  F2: { keysym: 0xffbf, code: "F2" },
  F4: { keysym: 0xffc1, code: "F4" },
  F5: { keysym: 0xffc2, code: "F5" },
  F11: { keysym: 0xffc8, code: "F11" },
  l: { keysym: 0x6c, code: "KeyL" },
  t: { keysym: 0x74, code: "KeyT" },
  w: { keysym: 0x77, code: "KeyW" },
} as const satisfies Record<string, Key>;

/** The name of a key that the page has a button for. */
export type KeyName = keyof typeof KEYS;

/** The key of that name; undefined for a name that is none. */
export function findKey(name: string): Key | undefined {
  return Object.hasOwn(KEYS, name) ? KEYS[name as KeyName] : undefined;
}

/** "Control+Alt+Delete" as strokes: all down in order, all up in reverse; unknown names are left out. */
export function pressTogether(combination: string): KeyStroke[] {
  const keys = combination.split("+").map(findKey).filter((key) => key !== undefined);
  return [...keys.map((key) => ({ ...key, down: true })), ...keys.toReversed().map((key) => ({ ...key, down: false }))];
}

/** The keysym of a character: Latin-1 stands for itself, the rest is Unicode + 0x01000000 (X protocol, appendix A). */
export function toKeysym(character: string): number {
  const codePoint = character.codePointAt(0) ?? 0;
  if (character === "\n" || character === "\r") return KEYS.Enter.keysym;
  if (character === "\t") return KEYS.Tab.keysym;
  const isLatin1 = (codePoint >= 0x20 && codePoint <= 0x7e) || (codePoint >= 0xa0 && codePoint <= 0xff);
  return isLatin1 ? codePoint : 0x01000000 | codePoint;
}

const SHIFTED = `ABCDEFGHIJKLMNOPQRSTUVWXYZ~!@#$%^&*()_+{}|:"<>?`;

/**
 * A character as strokes. ASCII that needs Shift on a US keyboard gets it: QEMU and login screens take keysyms as key
 * positions and would type `a` for `A`.
 */
export function typeCharacter(character: string): KeyStroke[] {
  const key = { keysym: toKeysym(character), code: null };
  const strokes = [{ ...key, down: true }, { ...key, down: false }];
  if (!SHIFTED.includes(character)) return strokes;
  return [{ ...KEYS.Shift, down: true }, ...strokes, { ...KEYS.Shift, down: false }];
}

/** What changed in a text field that a phone's keyboard wrote to: it may correct whole words after the fact. */
export interface Edit {
  /** How often Backspace has to be pressed. */
  readonly backspaces: number;
  /** What is to be typed then. */
  readonly text: string;
}

/** The edit, at the end of the text, that turns `before` into `after`. */
export function findEdit(before: string, after: string): Edit {
  const old = [...before];
  const now = [...after];
  let same = 0;
  while (same < old.length && same < now.length && old[same] === now[same]) same++;
  return { backspaces: old.length - same, text: now.slice(same).join("") };
}
