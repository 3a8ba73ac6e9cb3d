/** Bytes that wait between a producer that cannot be paused and a consumer that takes them when it can. */

/** A first-in first-out queue of byte chunks with one consumer. */
export class ByteQueue {
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  #ended = false;
  #wakers: (() => void)[] = [];

  /** Bytes that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether `end()` was called; bytes may still wait. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Adds a chunk, which the queue then owns; after `end()` it is dropped. */
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

  /** Drops what waits and ends. */
  clear(): void {
    this.#chunks = [];
    this.#bytes = 0;
    this.end();
  }

  /** Waits until so many bytes are there, and takes none; false when the queue ends before. */
  async has(count: number): Promise<boolean> {
    while (this.#bytes < count && !this.#ended) await this.#waitForMore();
    return this.#bytes >= count;
  }

  /** Takes all that waits as one chunk, or null after the end; waits while there is nothing. */
  async take(): Promise<Uint8Array | null> {
    while (this.#bytes === 0) {
      if (this.#ended) return null;
      await this.#waitForMore();
    }
    return this.#takeAll();
  }

  /** Takes exactly `count` bytes, or null when the queue ends before. */
  async takeExactly(count: number): Promise<Uint8Array | null> {
    if (!await this.has(count)) return null;
    const all = this.#takeAll();
    if (all.length > count) this.#putBack(all.subarray(count));
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

  #putBack(rest: Uint8Array): void {
    this.#chunks.unshift(rest);
    this.#bytes += rest.length;
  }

  #waitForMore(): Promise<void> {
    return new Promise((wake) => this.#wakers.push(wake));
  }

  #signal(): void {
    const wakers = this.#wakers;
    if (wakers.length === 0) return;
    this.#wakers = [];
    for (const wake of wakers) wake();
  }
}
