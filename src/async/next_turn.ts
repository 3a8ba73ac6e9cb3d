/** Lets the event loop turn to everything else that is ready. */
import { setImmediate } from "node:timers";

/** Resolves in the next turn of the event loop, without the millisecond of a timer. */
export function nextTurn(): Promise<void> {
  return new Promise((done) => setImmediate(done));
}
