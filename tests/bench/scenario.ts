/** What a scenario is: a load, who takes part, and the numbers taken from one run of it. */
import type { Job, Result } from "./job.ts";
import type { LinkSpec } from "./network/one_way.ts";

/** One run of a scenario against one subject. */
export interface Run {
  readonly result: Result;
  /** What the same load gave without the stream beside it, if the scenario has one. */
  readonly alone?: Result;
  /** The number of sessions: as many as the scenario asks for, or as the subject can carry. */
  readonly sessions: number;
  /** What was on its way, if the scenario has a link. */
  readonly waiting?: Waiting;
  /** CPU time that the subject took while the load measured, children included. */
  readonly cpuSeconds: number;
  /** The growth of the subject's memory. */
  readonly memoryKiB: number;
}

/** Bytes that were on their way at the end of a run. */
export interface Waiting {
  /** What the source had sent and the viewer had not got. */
  readonly bytes: number;
  /** Of that, what the gateway had not read yet. */
  readonly before: number;
  /** Of that, what the gateway held; the rest was in its host's kernel behind it, or on the link. */
  readonly own: number;
}

/** One number of a scenario: a row of the table. */
export interface Measure {
  readonly label: string;
  readonly digits: number;
  /** What is to be reached; where nothing else is said, as a ratio to websockify. */
  readonly target?: string;
  take(run: Run): number;
}

/** What the gateway is compared with. */
export type PeerKind = "other" | "websockify" | "c";

/** A load and what to read off it. */
export interface Scenario {
  /** The name for `--only`. */
  readonly name: string;
  /** Which source it uses. */
  readonly source: string;
  /** The gateway's own source to compare with, in place of other programs. */
  readonly than?: string;
  /** A source whose stream runs at full speed, in a session of its own, while the load measures. */
  readonly beside?: string;
  /** Whether the load is the subject's own page in Chromium. */
  readonly inPage?: boolean;
  /** Who can take part beside the gateway; all, if left out. */
  readonly peers?: readonly PeerKind[];
  /** Over which schemes it makes sense; all that were asked for, if left out. */
  readonly schemes?: readonly string[];
  /** What the gateway itself does otherwise, to compare with that in place of other programs. */
  readonly thanJob?: Partial<Job>;
  /** The link on which the viewers are. */
  readonly link?: LinkSpec;
  /** How often each subject has its turn after one to warm up; a single turn has no warm-up. */
  readonly rounds: number;
  /** Pause before memory is read. */
  readonly settleMs?: number;
  readonly job: Omit<Job, "url">;
  readonly measures: readonly Measure[];
}

/** Scenarios whose results are one table. */
export interface Group {
  readonly heading: string;
  /** What the column of the gateway's own values is called. */
  readonly ours: string;
  readonly scenarios: readonly Scenario[];
}
