import type { Session } from "./session.ts";
import type { SessionState } from "./state.ts";

/** What `/api/sessions` and lists show of a session. */
export interface SessionView {
  readonly id: string;
  readonly source: string;
  readonly state: SessionState;
  readonly address: string;
  readonly user?: string;
  /** ISO 8601. */
  readonly started: string;
  readonly up_bytes: number;
  readonly down_bytes: number;
  /** What was spoken with the source. */
  readonly detail: string;
  readonly mode?: "pass_through" | "login";
  /** Round trip to the viewer page, in milliseconds. */
  readonly rtt_ms?: number;
}

/** Describes a session for lists. */
export function viewSession({ id, source, state, user, startedAtMs, count, opened, side }: Session): SessionView {
  return {
    id,
    source: source.name,
    state,
    address: user.address,
    ...(user.name === undefined ? {} : { user: user.name }),
    started: new Date(startedAtMs).toISOString(),
    up_bytes: count.upBytes,
    down_bytes: count.downBytes,
    detail: opened?.detail ?? "",
    ...(opened === undefined ? {} : { mode: opened.mode }),
    ...(side.rttMs === undefined ? {} : { rtt_ms: side.rttMs }),
  };
}
