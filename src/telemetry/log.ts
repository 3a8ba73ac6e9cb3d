/** The log: text or JSON lines. Field values are escaped, so that none of them can forge a line. */
import { escapeUnprintable, stringifyPrintable } from "./escape.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

/** Fields of a line besides its message. They must not contain a secret, a query string or a header. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log that adds these fields to every line. */
  with(fields: LogFields): Log;
}

interface LogOptions {
  format?: "text" | "json";
  /** Lines below this level are dropped. */
  level?: LogLevel;
  now?: () => Date;
  /** Writes one line, without waiting; its text has no line break at the end. */
  write: (line: string) => void;
}

const RANK: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };

/** Makes the log. It never throws, because an exception in a socket handler would end the process. */
export function createLog(options: LogOptions): Log {
  const { format = "text", level = "info", now = () => new Date(), write } = options;
  const render = format === "json" ? renderJson : renderText;
  const make = (bound: LogFields): Log => {
    const at = (lineLevel: LogLevel) => (message: string, fields: LogFields = {}) => {
      if (RANK[lineLevel] < RANK[level]) return;
      try {
        write(render(now(), lineLevel, message, { ...bound, ...fields }));
      } catch {
        // A full disk or a closed pipe must not end sessions.
      }
    };
    return {
      debug: at("debug"),
      info: at("info"),
      warn: at("warn"),
      error: at("error"),
      with: (fields) => make({ ...bound, ...fields }),
    };
  };
  return make({});
}

function renderJson(time: Date, level: LogLevel, message: string, fields: LogFields): string {
  return stringifyPrintable({ time: time.toISOString(), level, message, ...fields });
}

function renderText(time: Date, level: LogLevel, message: string, fields: LogFields): string {
  const clock = time.toTimeString().slice(0, 8);
  const mark = level === "info" ? "" : ` ${level.toUpperCase()}`;
  const tail = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}=${quote(String(value))}`)
    .join("");
  return `${clock}${mark} ${escapeUnprintable(message)}${tail}`;
}

function quote(value: string): string {
  return /^[\w.:/@+-]+$/.test(value) ? value : JSON.stringify(escapeUnprintable(value));
}
