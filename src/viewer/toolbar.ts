/** The slim bar at the top: hides while it is not used, and opens one panel at a time. */
import { getElement } from "./element.ts";

/** How long the bar stays visible after its last use. */
const LINGER_MS = 3_000;

/** The bar and its panels. */
export class Toolbar {
  readonly #bar = getElement("bar", HTMLElement);
  readonly #handle = getElement("bar-handle", HTMLButtonElement);
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pinned = false;
  #mayHide = false;

  constructor() {
    this.#handle.addEventListener("click", () => this.#setOpen(!this.#isOpen));
    for (const type of ["pointerenter", "focusin"]) this.#bar.addEventListener(type, () => this.#keepOpen());
    for (const type of ["pointerleave", "focusout"]) this.#bar.addEventListener(type, () => this.#hideSoon());
    for (const button of this.#panelButtons) button.addEventListener("click", () => this.#togglePanel(button));
    this.#bar.addEventListener("keydown", (event) => event.key === "Escape" && this.closePanels());
    this.#setOpen(true);
  }

  /** A pinned bar stays visible in its own space above the picture. */
  pin(pinned: boolean): void {
    this.#pinned = pinned;
    document.body.classList.toggle("pinned", pinned);
    if (pinned) this.#setOpen(true);
    else this.#hideSoon();
  }

  /** Whether the bar may hide: only while there is a picture. */
  allowHiding(mayHide: boolean): void {
    this.#mayHide = mayHide;
    if (mayHide) this.#hideSoon();
    else this.#setOpen(true);
  }

  /** Opens the bar and puts the focus on its first tool. */
  focus(): void {
    this.#setOpen(true);
    const tools = [...this.#bar.querySelectorAll<HTMLButtonElement>("#tools button:enabled")];
    tools.find((tool) => tool.checkVisibility())?.focus();
  }

  /** Closes the open panel; the focus returns to its button if it was inside. */
  closePanels(): void {
    for (const button of this.#panelButtons) {
      if (button.ariaExpanded === "true") this.#setPanel(button, false);
    }
  }

  get #isOpen(): boolean {
    return this.#handle.ariaExpanded === "true";
  }

  get #panelButtons(): NodeListOf<HTMLButtonElement> {
    return this.#bar.querySelectorAll<HTMLButtonElement>("button[aria-controls^=panel-]");
  }

  #setOpen(open: boolean): void {
    clearTimeout(this.#timer);
    if (!open) this.closePanels();
    this.#handle.ariaExpanded = String(open);
    document.body.classList.toggle("bar-open", open);
  }

  #keepOpen(): void {
    clearTimeout(this.#timer);
  }

  #hideSoon(): void {
    clearTimeout(this.#timer);
    if (this.#mayHide && !this.#pinned) this.#timer = setTimeout(() => this.#hideUnlessUsed(), LINGER_MS);
  }

  #hideUnlessUsed(): void {
    const isUsed = this.#bar.matches(":hover, :focus-within") || this.#bar.querySelector(".panel:not([hidden])");
    if (!isUsed) this.#setOpen(false);
  }

  #togglePanel(button: HTMLButtonElement): void {
    const open = button.ariaExpanded !== "true";
    this.closePanels();
    if (open) this.#setPanel(button, true);
  }

  #setPanel(button: HTMLButtonElement, open: boolean): void {
    const panel = getElement(button.getAttribute("aria-controls") ?? "", HTMLElement);
    if (!open && panel.contains(document.activeElement)) button.focus();
    button.ariaExpanded = String(open);
    panel.hidden = !open;
    panel.dispatchEvent(new CustomEvent("toggle", { detail: open }));
  }
}
