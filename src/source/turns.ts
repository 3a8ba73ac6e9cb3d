/** One at a time for each name: servers refuse good logins that come at once. */

/** Runs works of the same name one after the other. */
export class Turns {
  readonly #tails = new Map<string, Promise<unknown>>();

  /** Runs the work when it is its turn; gives up waiting when the signal aborts, with its reason. */
  async run<T>(name: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    const before = this.#tails.get(name) ?? Promise.resolve();
    const stopped = Promise.withResolvers<never>();
    const stop = () => stopped.reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    const mine = before.then(() => {
      signal.removeEventListener("abort", stop);
      signal.throwIfAborted();
      return work();
    });
    const tail = mine.catch(() => {});
    this.#tails.set(name, tail);
    tail.then(() => {
      if (this.#tails.get(name) === tail) this.#tails.delete(name);
    });
    return await Promise.race([mine, stopped.promise]);
  }
}
