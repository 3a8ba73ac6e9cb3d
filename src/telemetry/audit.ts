/** The audit log: user, action, address and outcome as JSON lines. Append-only, without secrets. */
import { type AuditFile, type AuditFileOptions, openAuditFile, readAuditTail } from "./audit_file.ts";
import { stringifyPrintable } from "./escape.ts";

/** Everything that the audit log records. */
export const AUDIT_EVENTS = [
  "sign_in",
  "sign_out",
  "sign_in_ended",
  "codes_locked",
  "two_factor_enabled",
  "two_factor_disabled",
  "link_created",
  "link_opened",
  "link_revoked",
  "session_opened",
  "session_ended",
  "session_ended_by_user",
  "refused",
  "config_changed",
  "lines_lost",
] as const;

/** One event of the audit log. */
export interface AuditEvent {
  readonly event: (typeof AUDIT_EVENTS)[number];
  /** The user or program; absent if nobody is signed in. */
  readonly who?: string | undefined;
  /** The IP address. */
  readonly from?: string | undefined;
  /** The source, link or path concerned. */
  readonly what?: string | undefined;
  /** `ok`, or a code of errors.ts. */
  readonly outcome: string;
  /** What was refused and why, where a code does not say it. It may quote the request. */
  readonly detail?: string | undefined;
  /** Sign-in method. */
  readonly by?: string | undefined;
  readonly session?: string | undefined;
  readonly seconds?: number | undefined;
  readonly up_bytes?: number | undefined;
  readonly down_bytes?: number | undefined;
  /** Number of similar refusals, or of lost lines, before this one. */
  readonly left_out?: number | undefined;
}

/** A line of the audit log. */
export interface AuditLine extends AuditEvent {
  /** ISO 8601. */
  readonly time: string;
}

/** The audit log. */
export interface Audit {
  /** Appends an event. Never throws. */
  note(event: AuditEvent): void;
  /** The newest lines, newest first. */
  list(limit: number): AuditLine[];
  /** Number of lines that did not get into the file. */
  readonly lost: number;
  /** Why lines cannot be written now; undefined while they can. */
  readonly fault: string | undefined;
  /** Writes what is queued. */
  close(): Promise<void>;
}

interface AuditOptions {
  /** Without a file, the audit log is lost when the process ends. */
  file?: AuditFile | undefined;
  /** The last lines of the file, which are listed again. */
  earlier?: readonly AuditLine[];
  /** Receives every line too, in order. It must not throw. */
  sink?: ((line: AuditLine) => void) | undefined;
  now?: () => number;
}

const LISTED_LINES = 1_000;

/** Makes an audit log. */
export function createAudit({ file, earlier = [], sink, now = Date.now }: AuditOptions = {}): Audit {
  const lines = [...earlier];
  const thin = createThinner(now);
  return {
    note: (event) => {
      const thinned = thin(event);
      if (!thinned) return;
      const line = { time: new Date(now()).toISOString(), ...thinned };
      lines.push(line);
      if (lines.length > LISTED_LINES) lines.shift();
      sink?.(line);
      file?.append(`${stringifyPrintable(line)}\n`);
    },
    list: (limit) => lines.slice(-limit).reverse(),
    get lost() {
      return file?.lost ?? 0;
    },
    get fault() {
      return file?.fault;
    },
    close: async () => await file?.close(),
  };
}

interface OpenAuditOptions extends Omit<AuditFileOptions, "onBack">, Pick<AuditOptions, "sink" | "now"> {}

/** Opens the audit log of a file. Where lines were lost, it has a line that says so. */
export async function openAudit({ sink, now, ...options }: OpenAuditOptions): Promise<Audit> {
  const file = openAuditFile({
    ...options,
    onBack: (lost) => audit.note({ event: "lines_lost", outcome: "internal", left_out: lost }),
  });
  const texts = await readAuditTail(options.path, options.reader, LISTED_LINES);
  const audit = createAudit({ file, earlier: texts.flatMap(parseLine), sink, ...(now && { now }) });
  return audit;
}

/** The line; none where a crash has cut it off, or where it is something else. */
function parseLine(text: string): AuditLine[] {
  try {
    const line = JSON.parse(text);
    return typeof line?.time === "string" && typeof line.event === "string" ? [line] : [];
  } catch {
    return [];
  }
}

/** Most refusals with one code from one address that are logged per minute. A flood of them must not fill the disk. */
const REFUSALS_A_MINUTE = 20;
const MINUTE_MS = 60_000;
const MOST_KEYS = 4_096;

/** Thins out a flood of refusals: passes the first ones of each minute, with the number of those dropped before. */
function createThinner(now: () => number): (event: AuditEvent) => AuditEvent | undefined {
  const seen = new Map<string, { sinceMs: number; count: number }>();
  return (event) => {
    if (event.event !== "refused") return event;
    const key = `${event.from} ${event.outcome}`;
    const before = seen.get(key);
    if (before && Math.abs(now() - before.sinceMs) < MINUTE_MS) {
      return ++before.count <= REFUSALS_A_MINUTE ? event : undefined;
    }
    seen.delete(key);
    seen.set(key, { sinceMs: now(), count: 1 });
    if (seen.size > MOST_KEYS) seen.delete(seen.keys().next().value!);
    const leftOut = (before?.count ?? 0) - REFUSALS_A_MINUTE;
    return leftOut > 0 ? { ...event, left_out: leftOut } : event;
  };
}
