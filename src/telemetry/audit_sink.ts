/** A copy of the audit log for another service: JSON lines, sent by HTTPS POST. */
import { limitTime } from "../async/time_limit.ts";
import type { AuditLine } from "./audit.ts";

/** Sends lines. Disposing of it tries once, within a deadline, to send the lines that are still queued. */
export interface AuditSink extends AsyncDisposable {
  /** Queues a line. Never throws and never waits. Can be called without its object. */
  readonly send: (line: AuditLine) => void;
  /** Number of lines dropped so far. */
  readonly dropped: number;
}

interface AuditSinkOptions {
  url: URL;
  /** Sent as `Authorization: Bearer`. */
  token?: string | undefined;
  /** Called when the server begins to refuse lines, with the number of lines dropped so far. */
  onFailure?: (cause: unknown, dropped: number) => void;
  fetch?: typeof globalThis.fetch;
  /** Wait after the first failure; each further failure doubles it. */
  firstWaitMs?: number;
}

/** Most lines that are queued while the server does not answer. The file has all of them. */
const MOST_WAITING = 5_000;
const MOST_PER_REQUEST = 500;
const LONGEST_WAIT_MS = 60_000;
const ANSWER_TIMEOUT_MS = 10_000;
const LAST_TIMEOUT_MS = 2_000;

/** Makes a sink that sends lines in order, many in one request, and repeats a request until it succeeds. */
export function createAuditSink(options: AuditSinkOptions): AuditSink {
  return new Queue(createPost(options), options.onFailure ?? (() => {}), options.firstWaitMs ?? 1_000);
}

type Post = (lines: readonly AuditLine[], timeoutMs: number) => Promise<void>;

function createPost({ url, token, fetch = globalThis.fetch }: AuditSinkOptions): Post {
  const headers = { "Content-Type": "application/x-ndjson", ...(token && { Authorization: `Bearer ${token}` }) };
  return async (lines, timeoutMs) => {
    using limit = limitTime(timeoutMs);
    const { ok, status, body } = await fetch(url, {
      method: "POST",
      redirect: "error",
      headers,
      body: lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
      signal: limit.signal,
    });
    await body?.cancel();
    if (!ok) throw new Error(`The server answered ${status}`);
  };
}

class Queue implements AuditSink {
  readonly #post: Post;
  readonly #onFailure: (cause: unknown, dropped: number) => void;
  readonly #firstWaitMs: number;
  readonly #waiting: AuditLine[] = [];
  #dropped = 0;
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sending: Promise<void> | undefined;
  #closed = false;

  constructor(post: Post, onFailure: (cause: unknown, dropped: number) => void, firstWaitMs: number) {
    this.#post = post;
    this.#onFailure = onFailure;
    this.#firstWaitMs = firstWaitMs;
  }

  get dropped(): number {
    return this.#dropped;
  }

  readonly send = (line: AuditLine): void => {
    // The lines of a request under way stay in front until it succeeds, so a full queue drops the newest line.
    if (this.#waiting.length >= MOST_WAITING) return void this.#dropped++;
    this.#waiting.push(line);
    this.#schedule();
  };

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#sending;
    if (this.#waiting.length === 0) return;
    await this.#post(this.#waiting, LAST_TIMEOUT_MS).catch((cause) => this.#onFailure(cause, this.#dropped));
  }

  #schedule(): void {
    if (this.#closed || this.#sending || this.#timer !== undefined || this.#waiting.length === 0) return;
    const backoffMs = this.#firstWaitMs * 2 ** (this.#failures - 1);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#sending = this.#sendBatch().finally(() => {
        this.#sending = undefined;
        this.#schedule();
      });
    }, this.#failures === 0 ? 0 : Math.min(LONGEST_WAIT_MS, backoffMs));
  }

  async #sendBatch(): Promise<void> {
    const batch = this.#waiting.slice(0, MOST_PER_REQUEST);
    try {
      await this.#post(batch, ANSWER_TIMEOUT_MS);
      this.#waiting.splice(0, batch.length);
      this.#failures = 0;
    } catch (cause) {
      if (this.#failures++ === 0) this.#onFailure(cause, this.#dropped);
    }
  }
}
