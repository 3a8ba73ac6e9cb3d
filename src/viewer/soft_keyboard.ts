/** A phone's own keyboard for the remote screen: a hidden field gets the text, and each edit becomes key strokes. */
import { getElement } from "./element.ts";
import { findEdit, findKey, type KeyStroke, typeCharacter } from "./keys.ts";

/** The field is never empty, because a phone's keyboard reports Backspace only where there is text to delete. */
const PADDING = "_".repeat(40);

/** Starts the field and its button; `send` presses keys on the remote screen. */
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
  // Without this the button gets the focus, and the keyboard closes before the click arrives
  button.addEventListener("pointerdown", (event) => event.preventDefault());
  button.addEventListener("click", () => document.activeElement === field ? field.blur() : field.focus());
}
