/** What the bench asks of one process of load, and what it answers. */

/** Jobs of viewers that only count bytes. */
type RawKind = "flood" | "echo" | "idle" | "cut" | "first" | "open" | "pieces" | "resume" | "link";

/** The job of one load process. */
export interface Job {
  readonly kind: RawKind | "page_first" | "page_pieces" | "page_cut" | "page_link";
  readonly url: string;
  readonly sessions: number;
  /** Updates of 1 MiB for each session (flood, cut), small ones one after another (pieces), or losses (resume, page_cut). */
  readonly updates?: number;
  /** Length of the measurement (echo, idle, link). */
  readonly ms?: number;
  /** Whether the viewers acknowledge, as our page does (flood, link). */
  readonly acks?: boolean;
  /** The address of an echo beside it (link). */
  readonly echoUrl?: string;
  /** Sessions begun in each second; left out, one after another (open). */
  readonly perSecond?: number;
}

/** The results of one load process; which fields it has depends on the job. */
export interface Result {
  /** Wall time of the measurement. */
  readonly ms: number;
  /** Payload bytes that came down in that time. */
  readonly bytes?: number;
  /** Payload bytes of the stream since it began (link). */
  readonly received?: number;
  /** Round trips, or whatever else was done one after another. */
  readonly count?: number;
  /** Times of what was counted. */
  readonly p50Us?: number;
  readonly p99Us?: number;
  /** Median time from the connection to the first byte of picture. */
  readonly firstMs?: number;
  /** Streams that ended before their last byte. */
  readonly truncated?: number;
  /** Sessions that could not be opened. */
  readonly failed?: number;
  /** Sessions that had to be opened again because the first attempt was refused. */
  readonly reopened?: number;
}

/** The middle and the last hundredth of some times, and how many there are. */
export function sumUpTimes(timesMs: readonly number[]): Pick<Result, "count" | "p50Us" | "p99Us"> {
  const sorted = Float64Array.from(timesMs).sort();
  const pick = (share: number) => 1000 * (sorted[Math.floor(sorted.length * share)] ?? NaN);
  return { count: sorted.length, p50Us: pick(0.5), p99Us: pick(0.99) };
}
