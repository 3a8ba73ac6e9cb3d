/** The bench's result as Markdown: for each measure its value, and those of the others with the ratio to them. */

/** One row: the results of one measure over one scheme, round by round. */
export interface Row {
  readonly label: string;
  readonly scheme: string;
  readonly digits: number;
  readonly target?: string;
  readonly ours: readonly number[];
  /** By the name of the peer; one that took no part is missing. */
  readonly peers: ReadonlyMap<string, readonly number[]>;
}

/** The middle value, or the mean of the two middle ones. */
export function takeMedian(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const low = sorted[Math.floor((sorted.length - 1) / 2)] ?? NaN;
  const high = sorted[Math.ceil((sorted.length - 1) / 2)] ?? NaN;
  return (low + high) / 2;
}

/** Renders rows as Markdown. Peers without a single value have no columns. */
export function renderTable(rows: readonly Row[], ours: string): string {
  const peers = [...new Set(rows.flatMap((row) => [...row.peers.keys()]))];
  const hasTargets = rows.some(({ target }) => target !== undefined);
  const heads = ["", "over", ours, ...peers.flatMap((peer) => [peer, "ratio"]), ...(hasTargets ? ["target"] : [])];
  const rules = heads.map((_, index) => index < 2 ? "---" : "---:");
  const body = rows.map((row) => renderRow(row, peers, hasTargets));
  return [heads, rules, ...body].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function renderRow(row: Row, peers: readonly string[], hasTargets: boolean): string[] {
  const others = peers.flatMap((peer) => {
    const values = row.peers.get(peer);
    return [renderValue(values, row.digits), renderRatio(row.ours, values)];
  });
  const target = hasTargets ? [row.target ?? ""] : [];
  return [row.label, row.scheme, renderValue(row.ours, row.digits), ...others, ...target];
}

function renderValue(values: readonly number[] | undefined, digits: number): string {
  const median = takeMedian(values ?? []);
  return Number.isFinite(median) ? median.toFixed(digits) : "–";
}

/** The median of the ratios of each round: whatever slows a whole round down cancels out. */
function renderRatio(ours: readonly number[], peers: readonly number[] | undefined): string {
  const ratios = ours.map((value, round) => value / (peers?.[round] ?? NaN)).filter(Number.isFinite);
  return ratios.length === 0 ? "–" : `**${takeMedian(ratios).toPrecision(3)}**`;
}
