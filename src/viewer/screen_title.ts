import { getElement } from "./element.ts";

/** Shows another title of the screen in place of the one that the page was made with. */
export function showScreenTitle(title: string): void {
  document.title = `${title} – Porthole`;
  for (const element of document.querySelectorAll(".screen-title")) element.textContent = title;
  getElement("tools", HTMLElement).setAttribute("aria-label", `Tools for ${title}`);
}
