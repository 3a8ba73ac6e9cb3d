/** The last net for errors that nobody handles. */
import { inspect } from "node:util";
import type { Log } from "./log.ts";

/**
 * Sends what libraries write to the console to the log. The console writes synchronously: a stderr that nobody reads
 * would stop the event loop.
 */
export function catchConsole(log: Log): void {
  const { debug, info, warn, error } = log;
  for (const [method, write] of Object.entries({ debug, info, log: info, trace: debug, warn, error })) {
    Object.assign(console, { [method]: (...values: unknown[]) => write(values.map(toText).join(" ")) });
  }
}

function toText(value: unknown): string {
  return typeof value === "string" ? value : inspect(value);
}

/** Logs uncaught errors. Otherwise, an error in a socket handler would end the process, and with it every session. */
export function catchStrays(log: Log): void {
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    log.error("Unhandled rejection", { cause: String(event.reason?.stack ?? event.reason) });
  });
  addEventListener("error", (event) => {
    event.preventDefault();
    log.error("Uncaught error", { cause: String(event.error?.stack ?? event.message) });
  });
}
