/** Runs the source's side of the handshake with a viewer. */
import { startDeadline } from "./deadline.ts";
import type { ViewerSocket } from "../bridge/viewer_socket.ts";
import { PortholeError } from "../errors.ts";
import { runScript, type Script, type WireStep } from "../rfb/script.ts";

/** A program answers at once; a page may be in the background. */
const VIEWER_MS = 30_000;

/** Runs the script on the viewer's socket. @throws PortholeError viewer_malformed, or viewer_left. */
export async function runWithViewer<R>(viewer: ViewerSocket, script: Script<R>, signal: AbortSignal): Promise<R> {
  const deadline = startDeadline(VIEWER_MS, signal);
  const perform = async (step: WireStep): Promise<unknown> => {
    if (step.do === "write") return viewer.send(step.bytes as Uint8Array<ArrayBuffer>);
    const bytes = await deadline.guard(viewer.up.takeExactly(step.bytes), unfinished);
    if (bytes === null) throw new PortholeError("viewer_left", "The viewer left");
    return bytes;
  };
  try {
    return await runScript(script, perform);
  } finally {
    deadline.clear();
  }
}

function unfinished(): PortholeError {
  return new PortholeError("viewer_malformed", "The viewer did not go on with the RFB handshake");
}
