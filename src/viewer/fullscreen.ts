/** Full screen, with the keys that a browser otherwise keeps (Esc, Ctrl+W, Alt+Tab) where it can pass them on. */
import { getElement } from "./element.ts";

/** Keyboard Lock (WICG keyboard-lock): Chromium only, so not in the DOM types. */
interface KeyboardLock {
  lock(): Promise<void>;
  unlock(): void;
}

/** Starts the button. */
export function startFullscreen(): void {
  const button = getElement("tool-fullscreen", HTMLButtonElement);
  const keyboard = (navigator as { keyboard?: KeyboardLock }).keyboard;
  button.hidden = !document.fullscreenEnabled;
  button.addEventListener("click", () => void toggleFullscreen());
  document.addEventListener("fullscreenchange", () => {
    const isFull = document.fullscreenElement !== null;
    button.ariaPressed = String(isFull);
    if (isFull) keyboard?.lock().catch(() => {}); // When refused, Esc leaves full screen as usual
    else keyboard?.unlock();
  });
}

async function toggleFullscreen(): Promise<void> {
  if (document.fullscreenElement === null) await document.documentElement.requestFullscreen().catch(() => {});
  else await document.exitFullscreen();
}
