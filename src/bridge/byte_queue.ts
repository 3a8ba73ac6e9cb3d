/** A first-in first-out queue of bytes, between a producer that cannot be paused and one consumer. */
export class ByteQueue {
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #ended = false;
  /** Resolves when something changes; undefined while nobody waits. */
  #change: PromiseWithResolvers<void> | undefined;

  /** The number of queued bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether `end()` was called; bytes may still be queued. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Adds a chunk, which the queue then owns; after `end()`, drops it. */
  push(chunk: Uint8Array): void {
    if (this.#ended || chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    this.#signal();
  }

  /** No more chunks will come. */
  end(): void {
    this.#ended = true;
    this.#signal();
  }

  /** Drops all queued bytes and ends the queue. */
  clear(): void {
    this.#chunks = [];
    this.#bytes = 0;
    this.end();
  }

  /** Waits until at least `count` bytes are queued, and takes none; false if the queue ends first. */
  async has(count: number): Promise<boolean> {
    while (this.#bytes < count && !this.#ended) await this.#waitForMore();
    return this.#bytes >= count;
  }

  /** Takes all queued bytes as one chunk, or returns null after the end; waits while the queue is empty. */
  async take(): Promise<Uint8Array | null> {
    while (this.#bytes === 0) {
      if (this.#ended) return null;
      await this.#waitForMore();
    }
    return this.#takeAll();
  }

  /** Takes exactly `count` bytes, or returns null if the queue ends first. */
  async takeExactly(count: number): Promise<Uint8Array | null> {
    if (!await this.has(count)) return null;
    const all = this.#takeAll();
    const rest = all.subarray(count);
    if (rest.length > 0) this.#chunks = [rest];
    this.#bytes = rest.length;
    return all.subarray(0, count);
  }

  #takeAll(): Uint8Array {
    const chunks = this.#chunks;
    const total = this.#bytes;
    this.#chunks = [];
    this.#bytes = 0;
    if (chunks.length === 1) return chunks[0]!;
    const joined = new Uint8Array(total);
    let at = 0;
    for (const chunk of chunks) {
      joined.set(chunk, at);
      at += chunk.length;
    }
    return joined;
  }

  #waitForMore(): Promise<void> {
    this.#change ??= Promise.withResolvers();
    return this.#change.promise;
  }

  #signal(): void {
    this.#change?.resolve();
    this.#change = undefined;
  }
}
