/** Counts by key. */
export class Tally {
  readonly #counts = new Map<string | undefined, number>();

  of(key: string | undefined): number {
    return this.#counts.get(key) ?? 0;
  }

  add(key: string | undefined): void {
    this.#counts.set(key, this.of(key) + 1);
  }

  remove(key: string | undefined): void {
    const rest = this.of(key) - 1;
    if (rest > 0) this.#counts.set(key, rest);
    else this.#counts.delete(key);
  }
}
