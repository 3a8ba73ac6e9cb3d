import type { Metrics } from "../telemetry/metrics.ts";
import type { SessionListener } from "./session.ts";

/** Counts sessions that end, their bytes and the time that opening takes. */
export function measureSessions(metrics: Metrics): SessionListener {
  return {
    onOpened: ({ ageMs }) => metrics.sessionOpened(ageMs / 1000),
    onEnded: ({ count }, { code }) => metrics.sessionEnded(code, count),
  };
}
