/** Brings the cards of the dashboard up to date from `GET /api/sources`. */

interface FreshSource {
  readonly name: string;
  readonly status: string;
  readonly detail: string;
  readonly sessions: number;
}

/** Asks once; a gateway that does not answer is said, and the old detail stays. */
export async function refreshCards(url: string): Promise<void> {
  const status = document.querySelector("#dashboard-status");
  try {
    const answer = await fetch(url, { headers: { accept: "application/json" }, signal: AbortSignal.timeout(10_000) });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    showSources(await answer.json() as readonly FreshSource[]);
    if (status !== null) status.textContent = "";
  } catch {
    if (status !== null) status.textContent = "The gateway does not answer; this may be out of date.";
  }
}

/** A source that came or went changes the page's shape: the gateway draws that. */
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
