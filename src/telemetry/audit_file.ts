/** The file of the audit log: lines are appended in order, and kept for later while that fails. */
import { dirname } from "node:path";
import { assertRegular, type FileReader } from "../files/file_reader.ts";

/** Appends lines without keeping its caller waiting. */
export interface AuditFile {
  /** Queues a line, which ends with a line feed. Never throws. */
  append(line: string): void;
  /** Number of lines that were lost, because too many were queued. */
  readonly lost: number;
  /** Why lines cannot be written now; undefined while they can. */
  readonly fault: string | undefined;
  /** Writes what is queued, tries once if that failed before, and then stops. */
  close(): Promise<void>;
}

/** The file, and whom to tell. */
export interface AuditFileOptions {
  readonly path: string;
  readonly reader: FileReader;
  /** Called once each time writing begins to fail. */
  readonly onFault?: (fault: string) => void;
  /** Called when a write succeeds after lines were lost, with their number. A line that it appends takes their place. */
  readonly onBack?: (lost: number) => void;
  /** A file that would grow beyond this is renamed to audit.log.1. */
  readonly rotateAtBytes?: number;
  /** Number of old files that are kept. */
  readonly keep?: number;
  readonly retryMs?: number;
  /** What comes within this time after a write is written together. */
  readonly gatherMs?: number;
}

const ROTATE_AT_BYTES = 10 * 1024 ** 2;
const KEPT_FILES = 5;
const RETRY_MS = 5_000;
/** A write takes six calls of the system, each on another thread: 17 % of the time that opening a session took. */
const GATHER_MS = 100;
/** Most characters that are queued: some 10,000 lines. Then new lines are lost, so that the old ones stay in order. */
const QUEUE_MAX_CHARS = 2 * 1024 ** 2;
const BATCH_MAX_CHARS = 64 * 1024;

/** Opens the file, which the first line creates. */
export function openAuditFile(options: AuditFileOptions): AuditFile {
  return new Queue(options);
}

class Queue implements AuditFile {
  readonly #options: AuditFileOptions;
  readonly #batchChars: number;
  readonly #lines: string[] = [];
  #chars = 0;
  #lost = 0;
  /** Lost lines that `onBack` has not been told of. */
  #untold = 0;
  #fault: string | undefined;
  #closed = false;
  #written: Promise<void> = Promise.resolve();
  #isWriting = false;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #isClosing = false;
  #endPause = () => {};

  constructor(options: AuditFileOptions) {
    this.#options = options;
    this.#batchChars = Math.min(BATCH_MAX_CHARS, options.rotateAtBytes ?? ROTATE_AT_BYTES);
  }

  get lost(): number {
    return this.#lost;
  }

  get fault(): string | undefined {
    return this.#fault;
  }

  append(line: string): void {
    if (this.#closed || this.#chars + line.length > QUEUE_MAX_CHARS) {
      this.#lost++;
      this.#untold++;
      return;
    }
    this.#lines.push(line);
    this.#chars += line.length;
    if (this.#fault === undefined) this.#start();
  }

  async close(): Promise<void> {
    clearTimeout(this.#retry);
    this.#isClosing = true;
    this.#endPause();
    this.#start();
    await this.#written;
    clearTimeout(this.#retry);
    this.#closed = true;
  }

  #start(): void {
    if (!this.#isWriting) this.#written = this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    try {
      while (this.#lines.length > 0) {
        await this.#writeBatch();
        await this.#gather();
      }
    } catch (thrown) {
      this.#fail(thrown instanceof Error ? thrown.message : String(thrown));
    }
    // In the same turn as the last look at the queue, so that no line is left behind.
    this.#isWriting = false;
  }

  async #writeBatch(): Promise<void> {
    const count = this.#countBatch();
    const text = this.#lines.slice(0, count).join("");
    const { path, reader } = this.#options;
    await reader.guard(path, () => appendText(text, this.#options));
    this.#lines.splice(0, count);
    this.#chars -= text.length;
    this.#fault = undefined;
    if (this.#untold === 0) return;
    const lost = this.#untold;
    this.#untold = 0;
    this.#options.onBack?.(lost);
  }

  /** Waits for what may come with the line that was written, unless there is a whole batch already. */
  #gather(): Promise<void> | undefined {
    if (this.#isClosing || this.#chars >= this.#batchChars) return undefined;
    return new Promise((done) => {
      const timer = setTimeout(done, this.#options.gatherMs ?? GATHER_MS);
      Deno.unrefTimer(timer);
      this.#endPause = () => {
        clearTimeout(timer);
        done();
      };
    });
  }

  /** The number of lines in the next batch: at least one. */
  #countBatch(): number {
    let [count, chars] = [0, 0];
    do chars += this.#lines[count++]!.length; while (
      count < this.#lines.length && chars + this.#lines[count]!.length <= this.#batchChars
    );
    return count;
  }

  #fail(fault: string): void {
    const isNews = this.#fault === undefined;
    this.#fault = fault;
    this.#retry = setTimeout(() => this.#start(), this.#options.retryMs ?? RETRY_MS);
    Deno.unrefTimer(this.#retry);
    if (isNews) this.#options.onFault?.(fault);
  }
}

/** Appends to the file as it is now: a program may move it away at any time. */
async function appendText(text: string, options: AuditFileOptions): Promise<void> {
  const { path, rotateAtBytes = ROTATE_AT_BYTES, keep = KEPT_FILES } = options;
  const bytes = new TextEncoder().encode(text);
  const size = await measure(path);
  if (size === undefined) await Deno.mkdir(dirname(path), { recursive: true, mode: 0o700 });
  else if (size > 0 && size + bytes.length > rotateAtBytes) await rotate(path, keep);
  using file = await Deno.open(path, { read: true, append: true, create: true, mode: 0o600 });
  const { size: before } = await file.stat();
  try {
    // A crash may have cut off the last line, which must not spoil the next one.
    if (!(await readEnd(file, before, 1)).endsWith("\n")) await file.write(new Uint8Array([10]));
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
  } catch (thrown) {
    // A full disk takes a part. It will be written again, whole.
    await file.truncate(before).catch(() => {});
    throw thrown;
  }
}

/** The size of the file; undefined if there is none. @throws FileFault when it is something else */
async function measure(path: string): Promise<number | undefined> {
  try {
    const info = await Deno.stat(path);
    assertRegular(info);
    return info.size;
  } catch (thrown) {
    if (thrown instanceof Deno.errors.NotFound) return undefined;
    throw thrown;
  }
}

async function rotate(path: string, keep: number): Promise<void> {
  for (let age = keep - 1; age >= 0; age--) {
    const from = age === 0 ? path : `${path}.${age}`;
    await Deno.rename(from, `${path}.${age + 1}`).catch((thrown) => {
      if (!(thrown instanceof Deno.errors.NotFound)) throw thrown;
    });
  }
}

/** More than the lines that are listed take up. */
const TAIL_BYTES = 4 * 1024 ** 2;

/** The last lines of the file; none if it cannot be read, which the first line that is appended will tell. */
export async function readAuditTail(path: string, reader: FileReader, most: number): Promise<string[]> {
  try {
    const text = await reader.guard(path, async () => {
      if (await measure(path) === undefined) return "";
      using file = await Deno.open(path);
      return await readEnd(file, (await file.stat()).size, TAIL_BYTES);
    });
    return text.split("\n").slice(-most - 1);
  } catch {
    return [];
  }
}

/** The last bytes of a file with so many bytes, or a line feed. */
async function readEnd(file: Deno.FsFile, bytes: number, mostBytes: number): Promise<string> {
  if (bytes === 0) return "\n";
  const tail = new Uint8Array(Math.min(bytes, mostBytes));
  await file.seek(bytes - tail.length, Deno.SeekMode.Start);
  for (let at = 0; at < tail.length;) at += await file.read(tail.subarray(at)) ?? tail.length;
  return new TextDecoder().decode(tail);
}
