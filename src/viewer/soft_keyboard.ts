/** A phone's own keyboard for the remote screen: a field out of sight takes the text, and each edit becomes keys. */
import { getElement } from "./element.ts";
import { findEdit, findKey, type KeyStroke, typeCharacter } from "./keys.ts";

/** Something to delete must always be there, or a phone's keyboard does not report Backspace. */
const PADDING = "_".repeat(40);

/** Wires the field and its button; `send` presses keys on the remote screen. */
export function startSoftKeyboard(send: (strokes: readonly KeyStroke[]) => void): void {
  const field = getElement("soft-keyboard", HTMLTextAreaElement);
  const button = getElement("tool-type", HTMLButtonElement);
  let before = PADDING;
  const reset = () => {
    before = PADDING;
    field.value = PADDING;
    field.setSelectionRange(PADDING.length, PADDING.length);
  };
  field.addEventListener("input", (event) => {
    const { backspaces, text } = findEdit(before, field.value);
    const backspace = findKey("Backspace");
    for (let left = backspaces; left > 0 && backspace; left--) {
      send([{ ...backspace, down: true }, { ...backspace, down: false }]);
    }
    for (const character of text) send(typeCharacter(character));
    before = field.value;
    const isComposing = event instanceof InputEvent && event.isComposing;
    if (!isComposing && Math.abs(before.length - PADDING.length) > PADDING.length / 2) reset();
  });
  field.addEventListener("focus", () => {
    button.ariaPressed = "true";
    reset();
  });
  field.addEventListener("blur", () => button.ariaPressed = "false");
  // The button must not take the focus, or the keyboard closes before the click is seen
  button.addEventListener("pointerdown", (event) => event.preventDefault());
  button.addEventListener("click", () => document.activeElement === field ? field.blur() : field.focus());
}
