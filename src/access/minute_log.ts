/** Warnings about senders of requests: one for each sender and message a minute, so that a flood does not fill the log. */
import { readSteadyClock } from "../async/steady_clock.ts";
import { groupAddress } from "./peer.ts";

/** Writes a warning to the log. */
export type Warn = (message: string, fields: Readonly<Record<string, string>>) => void;

/** Logs a message about an address, which becomes the field `from`. */
export type MinuteLog = (message: string, from: string, fields: Parameters<Warn>[1]) => void;

const MINUTE_MS = 60_000;
/** Most messages of all addresses together in a minute; it is also what is remembered. */
const MOST_A_MINUTE = 200;

/** Logs each message about an address at most once a minute, and no more than 200 a minute in all. */
export function createMinuteLog(warn: Warn, now: () => number = readSteadyClock): MinuteLog {
  /** By address and message, the oldest first. */
  const loggedMs = new Map<string, number>();
  return (message, from, fields) => {
    for (const [key, ms] of loggedMs) {
      if (now() - ms < MINUTE_MS) break;
      loggedMs.delete(key);
    }
    const key = `${groupAddress(from)} ${message}`;
    if (loggedMs.has(key) || loggedMs.size >= MOST_A_MINUTE) return;
    loggedMs.set(key, now());
    warn(message, { from, ...fields });
  };
}
