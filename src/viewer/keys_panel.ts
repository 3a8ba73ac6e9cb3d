/** Buttons for keys that browsers do not get, and modifiers that stay down until released. */
import { getElement } from "./element.ts";
import { findKey, type KeyStroke, pressTogether } from "./keys.ts";

/** Starts the panel; `send` presses keys on the remote screen. Returns a function that releases the modifiers. */
export function startKeysPanel(send: (strokes: readonly KeyStroke[]) => void): () => void {
  const panel = getElement("panel-keys", HTMLElement);
  const holds = panel.querySelectorAll<HTMLButtonElement>("button[data-hold]");
  const hold = (button: HTMLButtonElement, down: boolean) => {
    const key = findKey(button.dataset.hold ?? "");
    if (key === undefined || (button.ariaPressed === "true") === down) return;
    button.ariaPressed = String(down);
    send([{ ...key, down }]);
  };
  for (const button of holds) button.addEventListener("click", () => hold(button, button.ariaPressed !== "true"));
  for (const button of panel.querySelectorAll<HTMLButtonElement>("button[data-press]")) {
    button.addEventListener("click", () => send(pressTogether(button.dataset.press ?? "")));
  }
  const release = () => holds.forEach((button) => hold(button, false));
  panel.addEventListener("toggle", () => panel.hidden && release());
  return release;
}
