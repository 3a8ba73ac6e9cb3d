/** The trail: who did what, from where, with what outcome. Append-only JSON lines, never a secret. */
import { dirname } from "node:path";

/** One line of the trail. */
export interface AuditEvent {
  readonly event:
    | "sign_in"
    | "sign_out"
    | "sign_in_ended"
    | "two_factor_enabled"
    | "two_factor_disabled"
    | "link_created"
    | "link_opened"
    | "link_revoked"
    | "session_opened"
    | "session_ended"
    | "session_ended_by_user"
    | "refused"
    | "config_changed";
  /** Person or program; absent when nobody was known. */
  readonly who?: string | undefined;
  /** Address. */
  readonly from?: string | undefined;
  /** Source, link or path that it was about. */
  readonly what?: string | undefined;
  /** "ok", or the code of errors.ts. */
  readonly outcome: string;
  /** How one signed in. */
  readonly by?: string | undefined;
  readonly session?: string | undefined;
  readonly seconds?: number | undefined;
  readonly up_bytes?: number | undefined;
  readonly down_bytes?: number | undefined;
  /** How many refusals of this kind were left out before this one. */
  readonly left_out?: number | undefined;
}

/** A line as it is kept. */
export interface AuditLine extends AuditEvent {
  /** ISO 8601. */
  readonly time: string;
}

/** The trail. */
export interface Audit {
  note(event: AuditEvent): void;
  /** The newest lines, newest first. */
  list(limit: number): AuditLine[];
}

interface AuditOptions {
  /** Without one, the trail ends with the process. */
  file?: string | undefined;
  /** Gets every line beside the file, in order; it must not throw. */
  sink?: ((line: AuditLine) => void) | undefined;
  /** Told once when lines cannot be written. */
  onFailure?: (cause: unknown) => void;
  /** A file that reaches this size becomes audit.log.1. */
  rotateAtBytes?: number;
  /** How many old files are kept. */
  keep?: number;
  now?: () => number;
}

const LISTED_LINES = 1_000;
const ROTATE_AT_BYTES = 10 * 1024 ** 2;
const KEPT_FILES = 5;

/** Opens the trail; what the file ends with is listed again. */
export function createAudit(options: AuditOptions = {}): Audit {
  const { file, sink, onFailure = () => {}, now = Date.now } = options;
  const lines = file === undefined ? [] : readTail(file);
  const thin = createThinner(now);
  const write = file === undefined ? () => {} : createWriter(file, options);
  let failing = false;
  return {
    note: (event) => {
      const thinned = thin(event);
      if (!thinned) return;
      const line = { time: new Date(now()).toISOString(), ...thinned };
      lines.push(line);
      if (lines.length > LISTED_LINES) lines.shift();
      sink?.(line);
      try {
        write(`${JSON.stringify(line)}\n`);
        failing = false;
      } catch (cause) {
        if (!failing) onFailure(cause);
        failing = true;
      }
    },
    list: (limit) => lines.slice(-limit).reverse(),
  };
}

/** Refusals of one kind from one address in a minute that get a line each; a flood must not fill the disk. */
const REFUSALS_A_MINUTE = 20;
const MINUTE_MS = 60_000;
const MOST_KEYS = 4_096;

/** Passes events on, but of a flood of refusals only the first of each minute, with a count of those left out before. */
function createThinner(now: () => number): (event: AuditEvent) => AuditEvent | undefined {
  const seen = new Map<string, { sinceMs: number; count: number }>();
  return (event) => {
    if (event.event !== "refused") return event;
    const key = `${event.from} ${event.outcome}`;
    const before = seen.get(key);
    if (before && now() - before.sinceMs < MINUTE_MS) {
      return ++before.count <= REFUSALS_A_MINUTE ? event : undefined;
    }
    seen.delete(key);
    seen.set(key, { sinceMs: now(), count: 1 });
    if (seen.size > MOST_KEYS) seen.delete(seen.keys().next().value!);
    const leftOut = (before?.count ?? 0) - REFUSALS_A_MINUTE;
    return leftOut > 0 ? { ...event, left_out: leftOut } : event;
  };
}

/** Appends lines; the file is opened for each, so that whoever moves it away is not written to. */
function createWriter(file: string, options: AuditOptions): (line: string) => void {
  const { rotateAtBytes = ROTATE_AT_BYTES, keep = KEPT_FILES } = options;
  let bytes = statBytes(file);
  return (line) => {
    if (bytes === 0) Deno.mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    if (bytes > 0 && bytes + line.length > rotateAtBytes) {
      rotate(file, keep);
      bytes = 0;
    }
    Deno.writeTextFileSync(file, line, { append: true, mode: 0o600 });
    bytes += line.length;
  };
}

function rotate(file: string, keep: number): void {
  for (let age = keep - 1; age >= 0; age--) {
    const from = age === 0 ? file : `${file}.${age}`;
    if (statBytes(from) > 0) Deno.renameSync(from, `${file}.${age + 1}`);
  }
}

function statBytes(file: string): number {
  try {
    return Deno.statSync(file).size;
  } catch {
    return 0;
  }
}

/** What the file ends with; a line that was cut off by a crash is passed over. */
function readTail(file: string): AuditLine[] {
  if (statBytes(file) === 0) return [];
  const texts = Deno.readTextFileSync(file).split("\n").slice(-LISTED_LINES - 1);
  return texts.flatMap((text) => {
    try {
      return text === "" ? [] : [JSON.parse(text)];
    } catch {
      return [];
    }
  });
}
