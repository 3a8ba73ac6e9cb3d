/** The states of a session and the only ways between them. */

/** `dialing`: no connection yet; `handshake`: until the first byte may pass; `closing`: no more bytes are taken. */
export type SessionState = "dialing" | "handshake" | "open" | "closing" | "ended";

/** Legal transitions. */
export const NEXT_STATES: Readonly<Record<SessionState, readonly SessionState[]>> = {
  dialing: ["handshake", "closing"],
  handshake: ["open", "closing"],
  open: ["closing"],
  closing: ["ended"],
  ended: [],
};

/** Whether a session may go from one state to the other. */
export function mayBecome(from: SessionState, to: SessionState): boolean {
  return NEXT_STATES[from].includes(to);
}
