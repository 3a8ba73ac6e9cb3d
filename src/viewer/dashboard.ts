/** The dashboard's script: the search box, and cards kept up to date while the page is visible. Optional for the page. */
import { refreshCards } from "./dashboard_cards.ts";
import { matches } from "./search.ts";

const REFRESH_MS = 30_000;
/** Opening the dashboard makes the gateway probe the sources; the results arrive soon after. */
const FIRST_REFRESH_MS = 2_000;
const { basePath = "/" } = document.body.dataset;

startSearch();
setTimeout(refresh, FIRST_REFRESH_MS);
setInterval(refresh, REFRESH_MS);
document.addEventListener("visibilitychange", refresh);

function startSearch(): void {
  const box = document.querySelector<HTMLInputElement>("#search");
  if (box === null) return;
  box.closest("label")?.removeAttribute("hidden");
  box.addEventListener("input", () => search(box.value));
}

function search(query: string): void {
  const cards = [...document.querySelectorAll<HTMLElement>(".card")];
  for (const card of cards) {
    const group = card.closest("section")?.querySelector("h2")?.textContent ?? "";
    card.hidden = !matches(`${card.dataset.name} ${card.textContent} ${group}`, query);
  }
  for (const group of document.querySelectorAll<HTMLElement>(".group")) {
    group.hidden = group.querySelector(".card:not([hidden])") === null;
  }
  const none = document.querySelector<HTMLElement>("#no-match");
  if (none !== null) none.hidden = cards.some(({ hidden }) => !hidden);
}

function refresh(): void {
  if (document.visibilityState === "visible") void refreshCards(`${basePath}api/sources${describeShown()}`);
}

/** The query for the sources of this page, where it does not show each. */
function describeShown(): string {
  const box = document.querySelector<HTMLInputElement>("#search-all");
  if (box === null) return "";
  const limit = Math.max(1, document.querySelectorAll(".card").length);
  return `?${new URLSearchParams({ search: box.defaultValue, limit: String(limit) })}`;
}
