/** The audit log: user, action, address and outcome as JSON lines. Append-only, without secrets. */
import { dirname } from "node:path";

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
  /** Number of similar refusals before this one that were not logged. */
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
}

interface AuditOptions {
  /** Without a file, the audit log is lost when the process ends. */
  file?: string | undefined;
  /** Receives every line too, in order. It must not throw. */
  sink?: ((line: AuditLine) => void) | undefined;
  /** Called once each time writing begins to fail. */
  onFailure?: (cause: unknown) => void;
  /** A file that would grow beyond this is renamed to audit.log.1. */
  rotateAtBytes?: number;
  /** Number of old files that are kept. */
  keep?: number;
  now?: () => number;
}

const LISTED_LINES = 1_000;
/** More than so many lines take up. */
const TAIL_BYTES = 4 * 1024 ** 2;
const ROTATE_AT_BYTES = 10 * 1024 ** 2;
const KEPT_FILES = 5;

/** Opens the audit log; the last lines of the file are listed again. */
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

/** Appends lines. The file is opened for each one, so that a program may move it away at any time. */
function createWriter(file: string, options: AuditOptions): (line: string) => void {
  const { rotateAtBytes = ROTATE_AT_BYTES, keep = KEPT_FILES } = options;
  let bytes = statBytes(file);
  // A crash or a full disk may have cut off the last line, which must not spoil the next one.
  let isCut = true;
  return (line) => {
    if (bytes === 0) makePlace(file);
    if (bytes > 0 && bytes + line.length > rotateAtBytes) {
      rotate(file, keep);
      bytes = 0;
    }
    const start = isCut && !readEnd(file, statBytes(file), 1).endsWith("\n") ? "\n" : "";
    isCut = true;
    Deno.writeTextFileSync(file, start + line, { append: true, mode: 0o600 });
    isCut = false;
    bytes += line.length;
  };
}

/** @throws Error when something else is at the place of the file: a named pipe would wait for a reader. */
function makePlace(file: string): void {
  Deno.mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  if (isOther(file)) throw new Error(`${file} is not a regular file`);
}

function isOther(file: string): boolean {
  try {
    return !Deno.statSync(file).isFile;
  } catch {
    return false;
  }
}

function rotate(file: string, keep: number): void {
  for (let age = keep - 1; age >= 0; age--) {
    const from = age === 0 ? file : `${file}.${age}`;
    if (statBytes(from) > 0) Deno.renameSync(from, `${file}.${age + 1}`);
  }
}

/** Of anything but a regular file: 0. */
function statBytes(file: string): number {
  try {
    const { isFile, size } = Deno.statSync(file);
    return isFile ? size : 0;
  } catch {
    return 0;
  }
}

/** The last lines of the file, except one that a crash has cut off. A file that cannot be read has none. */
function readTail(file: string): AuditLine[] {
  const bytes = statBytes(file);
  if (bytes === 0) return [];
  try {
    return readEnd(file, bytes, TAIL_BYTES).split("\n").slice(-LISTED_LINES - 1).flatMap(parseLine);
  } catch {
    return [];
  }
}

/** The last bytes of a file with so many bytes. */
function readEnd(path: string, bytes: number, mostBytes: number): string {
  if (bytes === 0) return "\n";
  using file = Deno.openSync(path);
  const tail = new Uint8Array(Math.min(bytes, mostBytes));
  file.seekSync(bytes - tail.length, Deno.SeekMode.Start);
  for (let at = 0, count; at < tail.length; at += count) {
    count = file.readSync(tail.subarray(at)) ?? tail.length;
  }
  return new TextDecoder().decode(tail);
}

function parseLine(text: string): AuditLine[] {
  try {
    const line = JSON.parse(text);
    return typeof line?.time === "string" && typeof line.event === "string" ? [line] : [];
  } catch {
    return [];
  }
}
