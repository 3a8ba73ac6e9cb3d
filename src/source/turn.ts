/** One at a time: servers refuse good logins that come at once. */
import { abortable } from "@std/async/abortable";

/** Runs works one after the other. */
export class Turn {
  #tail: Promise<unknown> = Promise.resolve();

  /** Runs the work when the ones before have settled; stops waiting when the signal aborts, with its reason. */
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
