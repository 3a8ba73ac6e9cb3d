/** The bench's answer: one Markdown table, ratios first. */

/** One row: a measure's medians, for ws and wss, ours and the peer's; undefined where there was no run. */
export interface Row {
  readonly label: string;
  readonly digits: number;
  readonly target?: string;
  readonly cells: readonly Cell[];
}

/** One scheme's two medians. */
export interface Cell {
  readonly scheme: string;
  readonly ours: number;
  readonly peers: number | undefined;
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
  const show = (value: number | undefined) => value === undefined ? "–" : value.toFixed(row.digits);
  const ratios = hasPeer ? [...row.cells.map(renderRatio), row.target ?? ""] : [];
  const values = row.cells.flatMap((cell) => [show(cell.ours), ...(hasPeer ? [show(cell.peers)] : [])]);
  return [row.label, ...ratios, ...values];
}

function renderRatio({ ours, peers }: Cell): string {
  return peers === undefined || peers === 0 ? "–" : `**${(ours / peers).toPrecision(3)}**`;
}
