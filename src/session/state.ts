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

/** A state as lists and metrics show it. `held`: the viewer has lost its WebSocket, and may come back. */
export type ShownState = SessionState | "held";

/** The states of a session that has not ended. */
export const LIVE_STATES: readonly ShownState[] = ["dialing", "handshake", "open", "held", "closing"];

/** Whether a session may go from one state to the other. */
export function mayBecome(from: SessionState, to: SessionState): boolean {
  return NEXT_STATES[from].includes(to);
}

/** Whether the page receives this state. The end of a session is in the goodbye. */
export function isTold(state: SessionState): state is ToldState {
  return state !== "closing" && state !== "ended";
}

/** The state of a session as lists and metrics show it. */
export function showState(
  { state, viewer }: { readonly state: SessionState; readonly viewer: { readonly isHeld: boolean } },
): ShownState {
  return viewer.isHeld && isTold(state) ? "held" : state;
}
