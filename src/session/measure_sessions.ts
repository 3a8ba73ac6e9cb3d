import type { Metrics } from "../telemetry/metrics.ts";
import type { SessionListener } from "./session.ts";

/** Measures the time that opening takes, the bytes that pass, and why sessions end. */
export function measureSessions(metrics: Metrics): SessionListener {
  return {
    onOpened: ({ ageMs }) => metrics.sessionOpened(ageMs / 1000),
    onEnded: ({ count }, { code }) => metrics.sessionEnded(code, count),
  };
}
