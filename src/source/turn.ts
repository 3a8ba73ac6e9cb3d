/** A queue that limits how many tasks run at the same time, because servers refuse some of several simultaneous logins. */
import { abortable } from "@std/async/abortable";

/** Runs tasks in the order in which they came. */
export class Turn {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  /** @param atOnce the number of tasks that may run at the same time */
  constructor(atOnce = 1) {
    this.#free = atOnce;
  }

  /** Runs the task when its turn has come. If the signal aborts before that, rejects with its reason. */
  async run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#take(signal);
    try {
      return await work();
    } finally {
      this.#pass();
    }
  }

  async #take(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.#free > 0) return void this.#free--;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    try {
      await abortable(promise, signal);
    } catch (reason) {
      const at = this.#waiting.indexOf(resolve);
      // Its turn had come in the same moment.
      if (at < 0) this.#pass();
      else this.#waiting.splice(at, 1);
      throw reason;
    }
  }

  #pass(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }
}
