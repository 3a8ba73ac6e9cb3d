/** The key combination that leaves the remote screen, which receives every key, even Tab. */

const MODIFIERS: ReadonlySet<string> = new Set(["Control", "Alt", "Shift"]);

/** Calls back when Ctrl, Alt and Shift were pressed together and released without another key. */
export function watchWayOut(onLeave: () => void): void {
  let isArmed = false;
  const options = { capture: true }; // noVNC stops keys at its canvas
  document.addEventListener("keydown", ({ key, ctrlKey, altKey, shiftKey }) => {
    isArmed = MODIFIERS.has(key) && ctrlKey && altKey && shiftKey;
  }, options);
  document.addEventListener("keyup", () => {
    if (isArmed) onLeave();
    isArmed = false;
  }, options);
}
