/** The bench's result: one Markdown table, ratios first. */

/** One row: the results of one measure, for each scheme. */
export interface Row {
  readonly label: string;
  readonly digits: number;
  readonly target?: string;
  readonly cells: readonly Cell[];
}

/** What one measure gave over one scheme, round by round; `peers` is missing when there was nothing to compare with. */
export interface Cell {
  readonly scheme: string;
  readonly ours: readonly number[];
  readonly peers?: readonly number[] | undefined;
}

/** The middle value, or the mean of the two middle ones. */
export function takeMedian(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const low = sorted[Math.floor((sorted.length - 1) / 2)] ?? NaN;
  const high = sorted[Math.ceil((sorted.length - 1) / 2)] ?? NaN;
  return (low + high) / 2;
}

/** Renders rows as Markdown: the ratio ours / peer's for each scheme, then what it was made of. */
export function renderTable(rows: readonly Row[], ours: string, peer: string | undefined): string {
  const schemes = rows[0]?.cells.map((cell) => cell.scheme) ?? [];
  const ratioHeads = peer === undefined ? [] : [...schemes.map((scheme) => `ratio ${scheme}`), "target"];
  const valueHeads = schemes.flatMap((
    scheme,
  ) => [`${ours} ${scheme}`, ...(peer === undefined ? [] : [`${peer} ${scheme}`])]);
  const heads = ["", ...ratioHeads, ...valueHeads];
  const rules = heads.map((_, index) => index === 0 ? "---" : "---:");
  const body = rows.map((row) => renderRow(row, peer !== undefined));
  return [heads, rules, ...body].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function renderRow(row: Row, hasPeer: boolean): string[] {
  const show = (values: readonly number[] | undefined) => values ? takeMedian(values).toFixed(row.digits) : "–";
  const ratios = hasPeer ? [...row.cells.map(renderRatio), row.target ?? ""] : [];
  const values = row.cells.flatMap((cell) => [show(cell.ours), ...(hasPeer ? [show(cell.peers)] : [])]);
  return [row.label, ...ratios, ...values];
}

/** The median of the ratios of each round: whatever slows a whole round down cancels out. */
function renderRatio({ ours, peers }: Cell): string {
  const ratios = ours.map((value, round) => value / (peers?.[round] ?? NaN)).filter(Number.isFinite);
  return ratios.length === 0 ? "–" : `**${takeMedian(ratios).toPrecision(3)}**`;
}
