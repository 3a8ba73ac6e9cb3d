/** Reading files that may be something else, too large, or on a disk that does not answer. */
import { dirname } from "node:path";

/** Why a path was not read, as a clause that follows a colon: "it is a named pipe, not a file". */
export class FileFault extends Error {
  override readonly name = "FileFault";
}

/** Reads within limits. The errors of the runtime, such as `NotFound`, pass through. */
export interface FileReader {
  /** Reads a whole regular file. @throws FileFault when it is not one, is larger, or does not answer */
  read(path: string, maxBytes: number): Promise<Uint8Array<ArrayBuffer>>;
  /** Describes what is at a path; follows links. @throws FileFault when it does not answer */
  stat(path: string): Promise<Deno.FileInfo>;
  /** Does other work on a path. @throws FileFault when it does not answer */
  guard<Result>(path: string, work: () => Promise<Result>): Promise<Result>;
}

/** Limits and effects of a reader. */
export interface FileReaderOptions {
  /** Time for one call. A stalled event loop alone does not use it up. */
  readonly timeoutMs?: number;
  readonly effects?: Pick<typeof Deno, "stat" | "open">;
}

const TIMEOUT_MS = 5_000;
/** Calls that run at the same time; others wait for their turn. */
const MOST_AT_ONCE = 4;
/**
 * Most calls that hang. Nothing can end them, and each keeps one of the runtime's 32 threads for files and host names.
 */
const MOST_HUNG = 12;

const HANGS = "it does not answer; check its disk or network mount";

/** Makes a reader. A process needs one, which knows the folders that hang and does not ask them again meanwhile. */
export function createFileReader({ timeoutMs = TIMEOUT_MS, effects = Deno }: FileReaderOptions = {}): FileReader {
  const gate = new Gate(timeoutMs);
  const guard: FileReader["guard"] = (path, work) => gate.run(dirname(path), work);
  return {
    guard,
    stat: (path) => guard(path, () => effects.stat(path)),
    read: (path, maxBytes) => guard(path, () => readRegular(path, maxBytes, effects)),
  };
}

/** Runs calls, a few at the same time, and stops waiting for those that hang. */
class Gate {
  readonly #timeoutMs: number;
  readonly #waiting: (() => void)[] = [];
  /** The folder of each call that hangs. */
  readonly #hung: string[] = [];
  #free = MOST_AT_ONCE;

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  async run<Result>(folder: string, work: () => Promise<Result>): Promise<Result> {
    await this.#enter();
    try {
      if (this.#hung.includes(folder) || this.#hung.length >= MOST_HUNG) throw new FileFault(HANGS);
      return await this.#waitFor(work(), folder);
    } finally {
      this.#leave();
    }
  }

  async #waitFor<Result>(result: Promise<Result>, folder: string): Promise<Result> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    // In two halves: after a stall of the event loop, a timer may fire before the result that has arrived meanwhile.
    const halfMs = this.#timeoutMs / 2;
    let timer = setTimeout(() => timer = setTimeout(resolve, halfMs), halfMs);
    try {
      const outcome = await Promise.race([result.then((value) => ({ value })), late]);
      if (outcome) return outcome.value;
    } finally {
      clearTimeout(timer);
    }
    this.#remember(folder, result);
    throw new FileFault(HANGS);
  }

  #remember(folder: string, result: Promise<unknown>): void {
    this.#hung.push(folder);
    const forget = () => void this.#hung.splice(this.#hung.indexOf(folder), 1);
    result.then(forget, forget);
  }

  #enter(): Promise<void> | undefined {
    if (this.#free > 0) return void this.#free--;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    return promise;
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
  }
}

async function readRegular(path: string, maxBytes: number, { stat, open }: Pick<typeof Deno, "stat" | "open">) {
  // Opening a named pipe waits for a writer. And Deno.open() follows links in the main thread, which a dead mount would
  // stop; Deno.stat() does so in another one.
  check(await stat(path), maxBytes);
  using file = await open(path);
  // What was opened may no longer be what was examined.
  const { size } = check(await file.stat(), maxBytes);
  return await readToEnd(file, size, maxBytes);
}

function check(info: Deno.FileInfo, maxBytes: number): Deno.FileInfo {
  assertRegular(info);
  if (info.size > maxBytes) throw tooLarge(maxBytes);
  return info;
}

/** @throws FileFault when it is a folder, a named pipe, a device or a socket */
export function assertRegular(info: Deno.FileInfo): void {
  if (!info.isFile) throw new FileFault(`it is ${describeKind(info)}, not a file`);
}

function describeKind({ isDirectory, isFifo, isSocket }: Deno.FileInfo): string {
  if (isDirectory) return "a folder";
  if (isFifo) return "a named pipe";
  return isSocket ? "a socket" : "a device";
}

async function readToEnd(file: Deno.FsFile, size: number, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  // One byte more than there should be: some file systems say 0, and a file may grow.
  let buffer = new Uint8Array(size + 1);
  for (let length = 0;;) {
    const count = await file.read(buffer.subarray(length));
    if (count === null) return buffer.slice(0, length);
    length += count;
    if (length > maxBytes) throw tooLarge(maxBytes);
    if (length === buffer.length) buffer = enlarge(buffer, Math.min(2 * length + 4096, maxBytes + 1));
  }
}

function enlarge(buffer: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(length);
  larger.set(buffer);
  return larger;
}

function tooLarge(maxBytes: number): FileFault {
  const [unit, bytes] = maxBytes < 1024 ** 2 ? ["KiB", 1024] as const : ["MiB", 1024 ** 2] as const;
  return new FileFault(`it is larger than ${maxBytes / bytes} ${unit}`);
}
