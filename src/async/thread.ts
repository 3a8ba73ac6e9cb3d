/** A thread of its own for long computations, so that sessions do not have to wait. */

/** A worker that starts when it is first needed. It answers one message at a time. */
export class Thread<Message, Answer> implements Disposable {
  readonly #start: () => Worker;
  #worker: Worker | undefined;

  constructor(start: () => Worker) {
    this.#start = start;
  }

  /** Sends a message, and resolves with the answer. Rejects if the thread fails; the next call starts another. */
  async ask(message: Message): Promise<Answer> {
    const worker = this.#worker ??= this.#start();
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    worker.onmessage = ({ data }: MessageEvent<Answer>) => resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this[Symbol.dispose]();
      reject(new Error(event.message));
    };
    worker.postMessage(message);
    return await promise;
  }

  [Symbol.dispose](): void {
    this.#worker?.terminate();
    this.#worker = undefined;
  }
}
