/** Takes the place of the runtime's `setTimeout` until it is disposed of, so that minutes pass in a moment. */
export class FakeTimeouts implements Disposable {
  readonly #real = globalThis.setTimeout;
  readonly #realClear = globalThis.clearTimeout;
  readonly #due = new Map<number, { atMs: number; run: () => void }>();
  #nowMs = 0;
  #ids = 0;

  constructor() {
    globalThis.setTimeout = ((run: () => void, ms = 0) => {
      this.#due.set(++this.#ids, { atMs: this.#nowMs + ms, run });
      return this.#ids;
    }) as unknown as typeof setTimeout;
    globalThis.clearTimeout = (id) => void this.#due.delete(Number(id));
  }

  /** Number of timers that are running. */
  get count(): number {
    return this.#due.size;
  }

  /** Lets time pass, and calls what is due by then. */
  pass(ms: number): void {
    this.#nowMs += ms;
    for (const [id, { atMs, run }] of [...this.#due]) {
      if (atMs > this.#nowMs) continue;
      this.#due.delete(id);
      run();
    }
  }

  [Symbol.dispose](): void {
    globalThis.setTimeout = this.#real;
    globalThis.clearTimeout = this.#realClear;
  }
}
