/** Types text as key strokes, for login screens and consoles without a clipboard. */
import { type KeyStroke, typeCharacter } from "./keys.ts";

/** Slow enough for a login screen behind a slow link. */
const INTERVAL_MS = 15;

/** Types character by character while `send` returns true. Resolves with whether all was typed. */
export async function typeText(text: string, send: (strokes: readonly KeyStroke[]) => boolean): Promise<boolean> {
  for (const character of text.replaceAll("\r\n", "\n")) {
    if (!send(typeCharacter(character))) return false;
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
  }
  return true;
}
