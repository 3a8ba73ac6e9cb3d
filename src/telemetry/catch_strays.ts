/** The last net for errors that nobody handles. */
import type { Log } from "./log.ts";

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
