import type { Session } from "./session.ts";
import type { SessionState } from "./state.ts";

/** A session in `/api/sessions` and in lists. */
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
  /** Version and security type of the source, for example "RFB 3.8, VncAuth"; empty until it is open. */
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
