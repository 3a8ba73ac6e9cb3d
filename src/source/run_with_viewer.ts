/** The server side of the RFB handshake with a viewer. */
import { startDeadline } from "../async/deadline.ts";
import { PortholeError } from "../errors.ts";
import { runScript, type Script, type WireStep } from "../rfb/script.ts";
import type { HandshakeViewer } from "./handshake_viewer.ts";

/** Timeout of the handshake. A program answers at once, but a page may be in the background. */
const VIEWER_MS = 30_000;

/** Runs the script with the viewer. @throws PortholeError viewer_malformed, or viewer_left. */
export async function runWithViewer<R>(
  viewer: Pick<HandshakeViewer, "send" | "up">,
  script: Script<R>,
  signal: AbortSignal,
): Promise<R> {
  const deadline = startDeadline(VIEWER_MS, signal);
  const perform = async (step: WireStep): Promise<unknown> => {
    if (step.do === "write") return viewer.send(step.bytes as Uint8Array<ArrayBuffer>);
    const bytes = await deadline.guard(viewer.up.takeExactly(step.bytes), describeStandstill);
    if (bytes === null) throw new PortholeError("viewer_left", "The viewer left");
    return bytes;
  };
  try {
    return await runScript(script, perform);
  } finally {
    deadline.clear();
  }
}

function describeStandstill(): PortholeError {
  return new PortholeError("viewer_malformed", "The viewer did not continue the RFB handshake");
}
