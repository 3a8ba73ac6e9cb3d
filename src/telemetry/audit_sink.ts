/** The second place of the trail: an address that takes JSON lines by HTTPS. */
import type { AuditLine } from "./audit.ts";

/** Lines on their way; disposing of it sends what waits, once, within a deadline. */
export interface AuditSink extends AsyncDisposable {
  /** Never throws and never waits. */
  send(line: AuditLine): void;
}

interface AuditSinkOptions {
  url: URL;
  /** Sent as `Authorization: Bearer`. */
  token?: string | undefined;
  /** Told when the address begins to refuse lines, and how many were dropped so far. */
  onFailure?: (cause: unknown, dropped: number) => void;
  fetch?: typeof globalThis.fetch;
  /** Waits between tries; each is twice as long as the one before. */
  firstWaitMs?: number;
}

/** Lines that wait at most while the address does not answer; the file has them all. */
const MOST_WAITING = 5_000;
const MOST_IN_ONE = 500;
const LONGEST_WAIT_MS = 60_000;
const ANSWER_MS = 10_000;
const GOODBYE_MS = 2_000;

/** Opens the way; lines are sent in order, many at once, and again until they were taken. */
export function createAuditSink(options: AuditSinkOptions): AuditSink {
  const { url, token, onFailure = () => {}, fetch = globalThis.fetch, firstWaitMs = 1_000 } = options;
  const waiting: AuditLine[] = [];
  let dropped = 0;
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let sending: Promise<void> | undefined;
  let closed = false;

  async function post(lines: readonly AuditLine[], withinMs: number): Promise<void> {
    const { ok, status, body } = await fetch(url, {
      method: "POST",
      redirect: "error",
      headers: { "Content-Type": "application/x-ndjson", ...(token && { Authorization: `Bearer ${token}` }) },
      body: lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
      signal: AbortSignal.timeout(withinMs),
    });
    await body?.cancel();
    if (!ok) throw new Error(`It answered ${status}`);
  }

  async function sendBatch(): Promise<void> {
    const batch = waiting.slice(0, MOST_IN_ONE);
    try {
      await post(batch, ANSWER_MS);
      waiting.splice(0, batch.length);
      failures = 0;
    } catch (cause) {
      if (failures++ === 0) onFailure(cause, dropped);
    }
  }

  function schedule(): void {
    if (closed || sending || timer !== undefined || waiting.length === 0) return;
    const waitMs = failures === 0 ? 0 : Math.min(LONGEST_WAIT_MS, firstWaitMs * 2 ** (failures - 1));
    timer = setTimeout(() => {
      timer = undefined;
      sending = sendBatch().finally(() => {
        sending = undefined;
        schedule();
      });
    }, waitMs);
  }

  return {
    send: (line) => {
      // While a batch is on its way its lines stay in front, so the newest one gives way.
      if (waiting.length >= MOST_WAITING) return void dropped++;
      waiting.push(line);
      schedule();
    },
    async [Symbol.asyncDispose]() {
      closed = true;
      clearTimeout(timer);
      await sending;
      if (waiting.length > 0) await post(waiting, GOODBYE_MS).catch((cause) => onFailure(cause, dropped));
    },
  };
}
