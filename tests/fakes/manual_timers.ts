/** Timers and a clock that move when the test says so. */
export class ManualTimers {
  ms = 1_700_000_000_000;
  readonly #waiting = new Set<{ work: () => void; atMs: number }>();

  now = (): number => this.ms;

  set = (work: () => void, ms: number): () => void => {
    const timer = { work, atMs: this.ms + ms };
    this.#waiting.add(timer);
    return () => void this.#waiting.delete(timer);
  };

  /** How many timers have not called back. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Lets time pass; the timers whose time has come call back, the earliest first. */
  pass(ms: number): void {
    const untilMs = this.ms + ms;
    for (;;) {
      const [next] = [...this.#waiting].filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs);
      if (!next) break;
      this.#waiting.delete(next);
      this.ms = Math.max(this.ms, next.atMs);
      next.work();
    }
    this.ms = untilMs;
  }
}
