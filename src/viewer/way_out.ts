/** The way out of the remote screen for a keyboard: it takes every key, Tab too. */

const MODIFIERS: ReadonlySet<string> = new Set(["Control", "Alt", "Shift"]);

/** Calls back when Ctrl, Alt and Shift were pressed together and released with no other key in between. */
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
