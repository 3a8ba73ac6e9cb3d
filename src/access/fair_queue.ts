/** A queue with a cap in which senders take turns: one with many items delays and displaces only itself. */
export class FairQueue<Item> {
  readonly #most: number;
  /** By sender, in the order of their turns. */
  readonly #lines = new Map<string, Item[]>();
  #size = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Adds an item. If the queue is full, the newest item of the sender with the most leaves it, and is returned. */
  add(sender: string, item: Item): Item | undefined {
    const line = this.#lines.get(sender) ?? [];
    this.#lines.set(sender, line);
    line.push(item);
    if (++this.#size <= this.#most) return undefined;
    const [longest, items] = [...this.#lines].reduce((a, b) => b[1].length > a[1].length ? b : a, [sender, line]);
    const displaced = items.pop();
    this.#settle(longest, items);
    return displaced;
  }

  /** Takes the oldest item of the sender whose turn it is. */
  take(): Item | undefined {
    for (const [sender, line] of this.#lines) {
      const item = line.shift();
      this.#lines.delete(sender);
      if (line.length > 0) this.#lines.set(sender, line);
      this.#size--;
      return item;
    }
  }

  #settle(sender: string, line: readonly Item[]): void {
    this.#size--;
    if (line.length === 0) this.#lines.delete(sender);
  }
}
