/** A queue that runs one task at a time, because servers refuse some of several simultaneous logins. */
import { abortable } from "@std/async/abortable";

/** Runs tasks one after the other. */
export class Turn {
  #tail: Promise<unknown> = Promise.resolve();

  /** Runs the task when those before it have settled. If the signal aborts before that, rejects with its reason. */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    const begun = Promise.withResolvers<void>();
    const mine = this.#tail.then(() => {
      signal.throwIfAborted();
      begun.resolve();
      return work();
    });
    this.#tail = mine.catch(() => {});
    await abortable(Promise.race([begun.promise, mine]), signal);
    return await mine;
  }
}
