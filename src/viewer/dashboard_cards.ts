/** The cards of the dashboard, updated from `GET /api/sources`. */
import { askGateway, readAnswer } from "./diagnose.ts";
import { type Ending, explainAnswer, explainSilence } from "./ending.ts";

interface FreshSource {
  readonly name: string;
  readonly status: string;
  readonly detail: string;
  readonly sessions: number;
}

/** Updates every card once. When there is no list, the page says why, and the cards stay as they are. */
export async function refreshCards(url: string): Promise<void> {
  const found = await loadSources(url).catch(() => explainSilence(navigator.onLine));
  if ("sentence" in found) return showEnding(found);
  document.querySelector("#dashboard-status")?.replaceChildren();
  showSources(found);
}

/** The sources, or why there is no list of them. Rejects if nothing answers. */
async function loadSources(url: string): Promise<readonly FreshSource[] | Ending> {
  const answer = await askGateway(url, "GET");
  const sources: unknown = answer.ok ? await answer.clone().json().catch(() => null) : null;
  return Array.isArray(sources) ? sources : explainAnswer(await readAnswer(answer));
}

/** Screen readers speak each change of this text, so the same text is not set again. */
function showEnding({ sentence, remedy }: Ending): void {
  const status = document.querySelector("#dashboard-status");
  if (status === null || status.textContent.startsWith(sentence)) return;
  status.replaceChildren(`${sentence} `, remedy === "sign_in" ? linkToSignIn() : "This page may be out of date.");
}

/** Without a sign-in, this page's own address is answered with the sign-in page, which leads back to it. */
function linkToSignIn(): HTMLAnchorElement {
  const link = document.createElement("a");
  link.href = location.pathname + location.search;
  link.textContent = "Sign in";
  return link;
}

/** Reloads the page when sources were added or removed, since only the gateway renders cards. */
function showSources(sources: readonly FreshSource[]): void {
  const cards = new Map([...document.querySelectorAll<HTMLElement>(".card")].map((card) => [card.dataset.name, card]));
  const isSame = cards.size === sources.length && sources.every(({ name }) => cards.has(name));
  if (!isSame) return location.reload();
  for (const source of sources) updateCard(cards.get(source.name), source);
}

function updateCard(card: HTMLElement | undefined, { status, detail, sessions }: FreshSource): void {
  if (card === undefined) return;
  card.dataset.status = status;
  const find = (part: string) => card.querySelector<HTMLElement>(`[data-part=${part}]`);
  find("detail")?.replaceChildren(detail);
  const tag = find("sessions");
  if (tag === null) return;
  tag.hidden = sessions === 0;
  tag.textContent = sessions === 1 ? "1 session open" : `${sessions} sessions open`;
}
