/** Ends a viewer's WebSocket without losing what was sent. */
import { waitAtMost } from "../async/wait_at_most.ts";
import { closeCodeOf, type PortholeError } from "../errors.ts";
import type { Viewer } from "./viewer.ts";

/** How long the page may take to close after a goodbye, which arrives after everything else that a slow link carries. */
const GOODBYE_WAIT_MS = 30_000;
/** How long to wait for the viewer's close frame; after that, the connection ends without it. */
const CLOSE_WAIT_MS = 5_000;
/** How long the viewer must be silent before `close()`: a later message makes the runtime drop the close frame. */
const QUIET_MS = 100;
const QUIET_WAIT_MS = 5_000;
/** How often a stalled viewer is checked for unsent bytes. */
const ABANDONED_POLL_MS = 1_000;

/**
 * Ends the WebSocket after everything sent has left.
 *
 * After `close()`, the first message from the viewer makes Deno drop the socket and its unsent bytes, so this first
 * waits until nothing is unsent. Then a viewer with a side channel gets a goodbye and closes by itself. Any other viewer
 * gets the time that the kernel's buffer needs at the measured speed. The close frame follows once the viewer is silent.
 */
export async function endViewer(viewer: Viewer, reason: PortholeError): Promise<void> {
  // Nothing reads the queue any more, so it must not grow.
  viewer.up.clear();
  try {
    await viewer.drain(0);
  } catch {
    return void abandonViewer(viewer, reason);
  }
  if (!viewer.isOpen) return;
  if (viewer.hasSideChannel) await sayGoodbye(viewer, reason);
  else await waitAtMost(viewer.closed, viewer.lingerMs);
  await waitForQuiet(viewer);
  await closeViewer(viewer, reason);
}

/** Sends the close frame, and lets go of a viewer that does not answer it. */
async function closeViewer(viewer: Viewer, reason: PortholeError): Promise<void> {
  viewer.close(reason);
  await waitAtMost(viewer.closed, CLOSE_WAIT_MS);
  if (!viewer.isGone) viewer.drop();
}

/**
 * Gives up on a stalled viewer: closes once it has read the unsent bytes, if it ever does.
 *
 * The runtime can drop neither the socket nor its queue (4 MiB, and what the kernel holds) while bytes are unsent: after
 * `close()` both live on unnoticed until the peer reads or its TCP connection ends. While the socket stays open, `closed`
 * reports its end.
 */
export async function abandonViewer(viewer: Viewer, reason: PortholeError): Promise<void> {
  viewer.up.clear();
  while (viewer.isOpen && viewer.unsentBytes > 0) await waitAtMost(viewer.closed, ABANDONED_POLL_MS);
  await closeViewer(viewer, reason);
}

async function sayGoodbye(viewer: Viewer, { code, message, retry, retryAfterMs }: PortholeError): Promise<void> {
  const later = retryAfterMs === undefined ? {} : { retry_after_ms: retryAfterMs };
  viewer.sendSide({ type: "goodbye", code, close: closeCodeOf(code), message, retry, ...later });
  await waitAtMost(viewer.closed, GOODBYE_WAIT_MS);
}

/** Waits until the viewer has been silent for a moment; drops what it sends. */
async function waitForQuiet(viewer: Viewer): Promise<void> {
  const stepMs = QUIET_MS / 2;
  for (let waitedMs = 0; waitedMs < QUIET_WAIT_MS; waitedMs += stepMs) {
    if (!viewer.isOpen || viewer.silentMs >= QUIET_MS) return;
    await waitAtMost(viewer.closed, stepMs);
  }
}
