/** Keys as X11 keysyms (X11/keysymdef.h) and DOM codes, for buttons, typed text and pasted text. Pure. */

/** One key: its meaning, and its place on a keyboard (null where that is unknown). */
export interface Key {
  readonly keysym: number;
  readonly code: string | null;
}

/** A press or release of a key. */
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

/** The name of a key that has a button on the page. */
export type KeyName = keyof typeof KEYS;

/** The key with this name; undefined for an unknown name. */
export function findKey(name: string): Key | undefined {
  return Object.hasOwn(KEYS, name) ? KEYS[name as KeyName] : undefined;
}

/** "Control+Alt+Delete" as strokes: all down in order, all up in reverse. Unknown names are left out. */
export function pressTogether(combination: string): KeyStroke[] {
  const keys = combination.split("+").map(findKey).filter((key) => key !== undefined);
  return [...keys.map((key) => ({ ...key, down: true })), ...keys.toReversed().map((key) => ({ ...key, down: false }))];
}

/** The keysym of a character: Latin-1 is its own keysym, the rest is Unicode + 0x01000000 (X protocol, appendix A). */
function toKeysym(character: string): number {
  const codePoint = character.codePointAt(0) ?? 0;
  if (character === "\n" || character === "\r") return KEYS.Enter.keysym;
  if (character === "\t") return KEYS.Tab.keysym;
  const isLatin1 = (codePoint >= 0x20 && codePoint <= 0x7e) || (codePoint >= 0xa0 && codePoint <= 0xff);
  return isLatin1 ? codePoint : 0x01000000 | codePoint;
}

const SHIFTED = `ABCDEFGHIJKLMNOPQRSTUVWXYZ~!@#$%^&*()_+{}|:"<>?`;

/**
 * A character as strokes. ASCII that needs Shift on a US keyboard gets it: QEMU and login screens treat keysyms as key
 * positions and would type `a` for `A`.
 */
export function typeCharacter(character: string): KeyStroke[] {
  const key = { keysym: toKeysym(character), code: null };
  const strokes = [{ ...key, down: true }, { ...key, down: false }];
  if (!SHIFTED.includes(character)) return strokes;
  return [{ ...KEYS.Shift, down: true }, ...strokes, { ...KEYS.Shift, down: false }];
}

/** A change of the text field that a phone's keyboard writes to, which may correct whole words afterwards. */
export interface Edit {
  /** How often to press Backspace. */
  readonly backspaces: number;
  /** Text to type after that. */
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
