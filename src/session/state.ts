/** The states of a session and the transitions between them. */
import type { Down } from "../side_channel/messages.ts";

/** The states that the page is told. `dialing`: no connection yet; `handshake`: until the first byte may pass. */
export type ToldState = Down<"state">["state"];

/** `closing`: no more bytes are taken from either side. */
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

/** Whether the page is told this state; how a session ends is in the goodbye. */
export function isTold(state: SessionState): state is ToldState {
  return state !== "closing" && state !== "ended";
}
