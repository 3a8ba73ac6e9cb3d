/** Ends a viewer without losing what was sent. */
import { nextTurn } from "../async/next_turn.ts";
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
/** After a busy moment, timers come before what has arrived meanwhile: so many turns later, that has been received. */
const ARRIVED_TURNS = 4;
/** How long a page may take to acknowledge the last bytes, or to come back for them. */
const ACK_WAIT_MS = 90_000;
/** How often a stalled viewer is checked for unsent bytes. */
const ABANDONED_POLL_MS = 1_000;

/**
 * Ends the WebSocket after everything sent has left.
 *
 * After `close()`, the first message from the viewer makes Deno drop the socket and its unsent bytes, so this first
 * waits until nothing is unsent. Then a viewer with a side channel gets a goodbye and closes by itself. Any other viewer
 * gets the time that the kernel's buffer needs at the measured speed. The close frame follows once the viewer is silent.
 *
 * A lasting viewer gets its goodbye behind everything else at once, since nothing of it is lost. While it is held, this
 * waits no longer: it keeps all of that for when it comes back, until its time is over.
 */
export async function endViewer(viewer: Viewer, reason: PortholeError): Promise<void> {
  // Nothing reads the queue any more, so it must not grow.
  viewer.up.clear();
  if (viewer.isLasting) return endLasting(viewer, reason);
  try {
    await viewer.drain(0);
  } catch {
    return void abandonViewer(viewer, reason);
  }
  if (!viewer.isOpen) return;
  if (viewer.hasSideChannel) {
    sayGoodbye(viewer, reason);
    await waitAtMost(viewer.closed, GOODBYE_WAIT_MS);
  } else await waitAtMost(viewer.closed, viewer.lingerMs);
  await waitForQuiet(viewer);
  await closeViewer(viewer, reason);
}

async function endLasting(viewer: Viewer, reason: PortholeError): Promise<void> {
  await viewer.opened;
  sayGoodbye(viewer, reason);
  await waitAtMost(Promise.race([closeWhenRead(viewer, reason), viewer.lost]), GOODBYE_WAIT_MS);
}

/** Waits until the page has everything and closes by itself, or is not held and shows no sign of either. */
async function closeWhenRead(viewer: Viewer, reason: PortholeError): Promise<void> {
  let hasRead = false;
  const read = Promise.race([viewer.drain(0), viewer.closed]).then(() => hasRead = true);
  // A page that has everything may lose its WebSocket in the same turn: then nothing is left to wait for.
  do await waitAtMost(read, ACK_WAIT_MS); while (viewer.isHeld && !hasRead);
  await waitAtMost(viewer.closed, GOODBYE_WAIT_MS);
  await waitForQuiet(viewer);
  await closeViewer(viewer, reason);
}

/** Sends the close frame, and lets go of a viewer that does not answer it. */
async function closeViewer(viewer: Viewer, reason: PortholeError): Promise<void> {
  for (let turn = 0; turn < ARRIVED_TURNS; turn++) await nextTurn();
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
  if (viewer.isLasting) sayGoodbye(viewer, reason);
  while (viewer.isOpen && viewer.unsentBytes > 0) await waitAtMost(viewer.closed, ABANDONED_POLL_MS);
  await closeViewer(viewer, reason);
}

function sayGoodbye(viewer: Viewer, { code, message, retry, retryAfterMs }: PortholeError): void {
  const later = retryAfterMs === undefined ? {} : { retry_after_ms: retryAfterMs };
  viewer.sendSide({ type: "goodbye", code, close: closeCodeOf(code), message, retry, ...later });
}

/** Waits until the viewer has been silent for a moment; drops what it sends. */
async function waitForQuiet(viewer: Viewer): Promise<void> {
  const stepMs = QUIET_MS / 2;
  for (let waitedMs = 0; waitedMs < QUIET_WAIT_MS; waitedMs += stepMs) {
    if (!viewer.isOpen || viewer.silentMs >= QUIET_MS) return;
    await waitAtMost(viewer.closed, stepMs);
  }
}
