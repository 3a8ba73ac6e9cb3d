/** The messages that a viewer with true colour and without extensions may ignore, but at which noVNC ends the session. */
import { isUnasked, measureServerMessage, SERVER_MESSAGE } from "../rfb/server_messages.ts";

/** More types at which noVNC may end the session: it handles them only in some forms, or not at all. */
const PASSED_OVER: ReadonlySet<number> = new Set([
  SERVER_MESSAGE.setColourMapEntries,
  SERVER_MESSAGE.serverFence,
  SERVER_MESSAGE.xvp,
]);
/** XVP_INIT; the codes are those of rfbproto, "xvp Server Message". */
const LAST_XVP_CODE = 1;

/**
 * Length of the message that begins here if noVNC would end the session at it, although it means nothing to a viewer
 * with true colour that uses no extension; -1 while too few bytes have arrived to know, undefined for all others.
 */
export function measureIgnored(bytes: Uint8Array): number | undefined {
  const type = bytes[0]!;
  if (!isUnasked(type) && !PASSED_OVER.has(type)) return undefined;
  if (type === SERVER_MESSAGE.xvp) return bytes.length < 4 ? -1 : bytes[3]! > LAST_XVP_CODE ? 4 : undefined;
  const length = measureServerMessage(bytes, 0, bytes.length);
  // noVNC sends no fence of its own, so it awaits no response.
  if (type === SERVER_MESSAGE.serverFence) return length > 0 && isFenceRequest(bytes) ? undefined : length;
  return length;
}

/** The highest bit of the flags (rfbproto, "ServerFence"). */
function isFenceRequest(message: Uint8Array): boolean {
  return (message[4]! & 0x80) !== 0;
}
