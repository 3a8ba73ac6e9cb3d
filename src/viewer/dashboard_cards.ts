/** The cards of the dashboard, updated from `GET /api/sources`. */

interface FreshSource {
  readonly name: string;
  readonly status: string;
  readonly detail: string;
  readonly sessions: number;
}

/** Updates every card once. When the gateway does not answer, the page says so and the cards stay as they are. */
export async function refreshCards(url: string): Promise<void> {
  const status = document.querySelector("#dashboard-status");
  try {
    const response = await fetch(url, { headers: { accept: "application/json" }, signal: AbortSignal.timeout(10_000) });
    if (!response.ok) throw new Error(`status ${response.status}`);
    showSources(await response.json() as readonly FreshSource[]);
    if (status !== null) status.textContent = "";
  } catch {
    if (status !== null) status.textContent = "The gateway does not answer. This page may be out of date.";
  }
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
