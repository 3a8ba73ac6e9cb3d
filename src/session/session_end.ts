/** How a session ended, for its viewer and for the log. */
import type { PumpEnd } from "../bridge/pump.ts";
import type { Viewer } from "../bridge/viewer.ts";
import { PortholeError } from "../errors.ts";
import type { Log } from "../telemetry/log.ts";

/** Why a session ends whose bytes no longer pass. */
export function describePumpEnd(end: PumpEnd, viewer: Pick<Viewer, "describeLeaving">): PortholeError {
  if (end === "viewer_left") return describeLeaving(viewer);
  if (end === "source_lost") return new PortholeError("source_closed", "The connection to the VNC server broke");
  return new PortholeError("source_closed", "The VNC server closed the connection");
}

/** Why a session ends whose viewer has gone. */
export function describeLeaving(viewer: Pick<Viewer, "describeLeaving">): PortholeError {
  return new PortholeError("viewer_left", viewer.describeLeaving());
}

/** The parts of a session that its last line in the log names. */
interface EndedSession {
  readonly log: Log;
  readonly count: { readonly upBytes: number; readonly downBytes: number };
  readonly ageMs: number;
}

/** Writes the last line of a session. */
export function logEnd({ log, count, ageMs }: EndedSession, { code, message: reason, cause }: PortholeError): void {
  const fields = { code, reason, seconds: ageMs / 1000, up: count.upBytes, down: count.downBytes };
  if (code === "internal") log.error("Session ended", { ...fields, cause: String(cause) });
  else log.info("Session ended", fields);
}
