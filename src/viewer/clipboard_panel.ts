/** The clipboard in both directions: automatic where the browser permits it, by hand in the panel everywhere. */
import type { Down } from "../side_channel/messages.ts";
import { explainTooLong, explainTooLongRemote, measureText } from "./clipboard_text.ts";
import { getElement } from "./element.ts";

/** The directions in which the source permits cut text to travel, and the most bytes of one text. */
export type ClipboardRules = Pick<Down<"hello">, "clipboard" | "clipboard_limit">;

/** Functions of the page that the clipboard uses. */
export interface ClipboardParts {
  /** Sends text up; returns whether there is a connection that takes it. */
  readonly sendText: (text: string) => boolean;
  /** Types text as keys; resolves with whether all was typed. */
  readonly typeText: (text: string) => Promise<boolean>;
}

/** The panel, and the text that both sides share. */
export class ClipboardPanel {
  readonly #text = getElement("clipboard-text", HTMLTextAreaElement);
  readonly #note = getElement("clipboard-note", HTMLElement);
  readonly #send = getElement("clipboard-send", HTMLButtonElement);
  readonly #copy = getElement("clipboard-copy", HTMLButtonElement);
  readonly #type = getElement("clipboard-type", HTMLButtonElement);
  readonly #sync = getElement("clipboard-sync", HTMLButtonElement);
  readonly #parts: ClipboardParts;
  #mayUp = true;
  #mayDown = true;
  #limitBytes = Infinity;
  /** The last text that both sides have, so that neither gets its own text back. */
  #shared = "";

  constructor(parts: ClipboardParts) {
    this.#parts = parts;
    this.#send.addEventListener("click", () => this.#sendByHand());
    this.#copy.addEventListener("click", () => void this.#copyByHand());
    this.#type.addEventListener("click", () => void this.#typeByHand());
    this.#sync.addEventListener("click", () => void this.#askPermission());
    globalThis.addEventListener("focus", () => void this.readLocal());
    void this.#offerSync();
  }

  /** Applies the source's policy; a view-only session sends nothing up. */
  allow({ clipboard, clipboard_limit = Infinity }: ClipboardRules, viewOnly: boolean): void {
    this.#limitBytes = clipboard_limit;
    this.#mayUp = (clipboard === "both" || clipboard === "in") && !viewOnly;
    this.#mayDown = clipboard === "both" || clipboard === "out";
    this.#send.disabled = !this.#mayUp;
    this.#type.disabled = viewOnly;
    if (!this.#mayUp && !this.#mayDown) this.#say("This screen does not share its clipboard.");
  }

  /** Receives text that was copied on the remote screen. */
  async takeRemote(text: string): Promise<void> {
    if (!this.#mayDown) return;
    const bytes = measureText(text);
    if (bytes > this.#limitBytes) return this.#say(explainTooLongRemote(bytes, this.#limitBytes));
    // Some servers send back each text that they receive. The user need not be told.
    const isEcho = text === this.#shared;
    this.#shared = text;
    this.#text.value = text;
    const isCopied = await copyHere(text);
    if (isEcho) return;
    this.#say(
      isCopied
        ? "Copied from the remote screen to this device."
        : "Copied on the remote screen. Select it here to copy it.",
    );
  }

  /** Sends up what was copied on this device, where the browser permits reading it without a prompt. */
  async readLocal(): Promise<void> {
    if (!this.#mayUp || !document.hasFocus() || await queryPermission() !== "granted") return;
    const text = await navigator.clipboard.readText().catch(() => "");
    if (text === "" || text === this.#shared) return;
    this.#text.value = text;
    this.#share(text);
  }

  /** The gateway has dropped a text that this page sent, because it is longer than the limit. */
  takeDropped(bytes: number, limitBytes: number): void {
    this.#shared = "";
    this.#say(explainTooLong(bytes, limitBytes));
  }

  #share(text: string): void {
    const bytes = measureText(text);
    if (bytes > this.#limitBytes) return this.#say(explainTooLong(bytes, this.#limitBytes));
    if (!this.#parts.sendText(text)) return this.#say("Not sent: this page is not connected.");
    this.#shared = text;
    this.#say("Sent to the remote screen.");
  }

  #sendByHand(): void {
    if (this.#mayUp) this.#share(this.#text.value);
  }

  async #copyByHand(): Promise<void> {
    if (await copyHere(this.#text.value)) return this.#say("Copied to this device.");
    this.#text.select();
    this.#say("This browser does not let a page copy. Press Ctrl+C now.");
  }

  async #typeByHand(): Promise<void> {
    this.#type.disabled = true;
    this.#say("Typing…");
    const isWhole = await this.#parts.typeText(this.#text.value);
    this.#type.disabled = false;
    this.#say(isWhole ? "Typed." : "Stopped: only a part of the text was typed.");
  }

  /** Shows the button only where the browser asks once and remembers the answer. */
  async #offerSync(): Promise<void> {
    this.#sync.hidden = await queryPermission() !== "prompt";
  }

  async #askPermission(): Promise<void> {
    await navigator.clipboard.readText().catch(() => "");
    await this.#offerSync();
    await this.readLocal();
  }

  #say(text: string): void {
    this.#note.textContent = text;
  }
}

/** Chromium answers. Firefox and Safari throw here, and ask the user at each read instead. */
async function queryPermission(): Promise<PermissionState | "unknown"> {
  try {
    return (await navigator.permissions.query({ name: "clipboard-read" as PermissionName })).state;
  } catch {
    return "unknown";
  }
}

/** Copies text to this device; returns whether the browser permits it. Without HTTPS, it has no clipboard. */
async function copyHere(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
