/** Long work in slices, so that sessions do not have to wait for its end. */
import { delay } from "@std/async/delay";

/** A viewer does not notice a pause as short as this. */
const SLICE_MS = 8;

/**
 * Makes a function to call before each item of long work: once the work has run for a slice, its promise lets the event
 * loop pass bytes and answer requests first. Short work runs in one go.
 */
export function createGiveWay(now: () => number = () => performance.now()): () => Promise<void> | undefined {
  let untilMs = now() + SLICE_MS;
  return () => {
    if (now() < untilMs) return undefined;
    return delay(0).then(() => void (untilMs = now() + SLICE_MS));
  };
}
