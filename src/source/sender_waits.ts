/**
 * Makes those wait who type wrong passwords of a source. A few in a row make everybody wait, because the VNC server would
 * lock the gateway out; whoever goes on must wait for longer each time, so that nobody keeps a source closed to others.
 */

/** Wrong passwords of one sender before the first wait. */
const FREE = 3;
const FIRST_WAIT_MS = 60_000;
const LONGEST_WAIT_MS = 15 * 60_000;
/** Wrong passwords are forgotten after this long without another. */
const FORGET_MS = 60 * 60_000;
/** Most senders; with more, the one whose last wrong password is the oldest is forgotten. */
const MOST_SENDERS = 1_000;

/** The wrong passwords of each sender. */
export class SenderWaits {
  readonly #now: () => number;
  /** In the order of the last wrong password. */
  readonly #senders = new Map<string, { readonly wrong: number; readonly lastMs: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** How long the sender has to wait; 0 or less if not at all. */
  waitMs(sender: string): number {
    const { wrong, lastMs } = this.#find(sender);
    if (wrong < FREE) return 0;
    return lastMs + Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (wrong - FREE)) - this.#now();
  }

  noteWrong(sender: string): void {
    const wrong = this.#find(sender).wrong + 1;
    this.#senders.delete(sender);
    this.#senders.set(sender, { wrong, lastMs: this.#now() });
    if (this.#senders.size > MOST_SENDERS) this.#senders.delete(this.#senders.keys().next().value!);
  }

  forgive(sender: string): void {
    this.#senders.delete(sender);
  }

  #find(sender: string) {
    const found = this.#senders.get(sender);
    return found && this.#now() - found.lastMs < FORGET_MS ? found : { wrong: 0, lastMs: 0 };
  }
}
