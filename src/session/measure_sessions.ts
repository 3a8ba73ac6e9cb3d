import type { Metrics } from "../telemetry/metrics.ts";
import type { SessionRegistry } from "./registry.ts";
import type { SessionListener } from "./session.ts";

/** Counts sessions, their bytes and the time that opening takes. */
export function measureSessions(metrics: Metrics, registry: SessionRegistry): SessionListener {
  const countStates = () => metrics.sessionsNow(Map.groupBy(registry.list(), ({ state }) => state));
  return {
    onState: countStates,
    onOpened: ({ ageMs }) => metrics.sessionOpened(ageMs / 1000),
    onEnded: ({ count }, { code }) => {
      countStates();
      metrics.sessionEnded(code, count);
    },
  };
}
