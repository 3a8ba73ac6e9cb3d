/** The states of a session and the transitions between them. */
import type { Down } from "../side_channel/messages.ts";

/** States that the page receives. `dialing`: not connected yet; `handshake`: connected, but bytes do not pass yet. */
export type ToldState = Down<"state">["state"];

/** All states. `closing`: bytes no longer pass. */
export type SessionState = ToldState | "closing" | "ended";

/** Legal transitions. */
const NEXT_STATES: Readonly<Record<SessionState, readonly SessionState[]>> = {
  dialing: ["handshake", "closing"],
  handshake: ["open", "closing"],
  open: ["closing"],
  closing: ["ended"],
  ended: [],
};

/** The states of a session that has not ended. */
export const LIVE_STATES: readonly SessionState[] = ["dialing", "handshake", "open", "closing"];

/** Whether a session may go from one state to the other. */
export function mayBecome(from: SessionState, to: SessionState): boolean {
  return NEXT_STATES[from].includes(to);
}

/** Whether the page receives this state. The end of a session is in the goodbye. */
export function isTold(state: SessionState): state is ToldState {
  return state !== "closing" && state !== "ended";
}
