/** The buttons of the toolbar, each by the id that it has in the page's `<Tool id>`. */
import { getElement } from "./element.ts";

/** Makes each of these buttons act when it is clicked. */
export function startTools(actions: Readonly<Record<string, (button: HTMLButtonElement) => unknown>>): void {
  for (const [id, act] of Object.entries(actions)) {
    const button = getTool(id);
    button.addEventListener("click", () => void act(button));
  }
}

/** Enables or disables these buttons. */
export function enableTools(ids: readonly string[], enabled: boolean): void {
  for (const id of ids) getTool(id).disabled = !enabled;
}

/** Shows or hides a button. */
export function showTool(id: string, visible: boolean): void {
  getTool(id).hidden = !visible;
}

/** Changes the label of a button, for the eye and for screen readers. */
export function labelTool(id: string, label: string): void {
  const button = getTool(id);
  button.title = label;
  button.querySelector(".unseen")?.replaceChildren(label);
}

/** Presses or releases a button that is a switch; returns whether it is pressed now. */
export function toggleTool(button: HTMLButtonElement): boolean {
  const isPressed = button.ariaPressed !== "true";
  button.ariaPressed = String(isPressed);
  return isPressed;
}

function getTool(id: string): HTMLButtonElement {
  return getElement(`tool-${id}`, HTMLButtonElement);
}
