/** What administrators should know now: on the dashboard, and in /readyz. */
import { readSteadyClock } from "../async/steady_clock.ts";

/** Sentences by topic; a new one replaces that of the same topic. */
export class Notices {
  readonly #notices = new Map<string, { readonly text: string; readonly untilMs: number }>();
  readonly #now: () => number;

  constructor(now: () => number = readSteadyClock) {
    this.#now = now;
  }

  /** Shows a sentence, for a while or until `clear()`. */
  set(topic: string, text: string, forMs = Infinity): void {
    this.#notices.set(topic, { text, untilMs: this.#now() + forMs });
  }

  clear(topic: string): void {
    this.#notices.delete(topic);
  }

  list(): string[] {
    const now = this.#now();
    return [...this.#notices.values()].filter(({ untilMs }) => untilMs > now).map(({ text }) => text);
  }
}
