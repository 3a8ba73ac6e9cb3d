/** Records of one kind, held in memory and written to one file after each change. */
import { delay } from "@std/async/delay";
import { basename } from "node:path";
import { PortholeError } from "../errors.ts";
import { createRecordWriter, readRecords } from "./record_text.ts";
import { type Entry, makeEntry, Records } from "./records.ts";
import { type FileEffects, replaceFile } from "./replace_file.ts";
import { type Decision, type Expiry, type KindOptions, NotStored, type Store } from "./store.ts";

/** The file of a store, and its effects. */
interface FileStoreOptions {
  /** The name of the records in error messages. */
  kind: string;
  path: string;
  now: () => number;
  effects: FileEffects;
  onNotStored?: ((cause: NotStored) => void) | undefined;
}

/** Writing takes at most one part in this many of the thread's time, regardless of the number and rate of changes. */
const REST_PARTS = 20;

/**
 * A store that replaces its whole file at each write: an administrator can copy and restore one file for one kind, and
 * the largest (10,000 signed-in browsers, 4 MB) takes 10 ms to write. If another process has changed the file, it is read
 * before a write, and only this store's own changes are added, so that writers of different records do not overwrite
 * each other.
 */
export class FileStore<Value> implements Store<Value> {
  readonly #options: FileStoreOptions & KindOptions;
  readonly #writeText = createRecordWriter();
  #records: Records<Value>;
  /** State of the file when it was last read or written; undefined while there is no file. */
  #known: string | undefined;
  /** Keys of changes that are not in the file yet: those of the write under way, and those of the next one. */
  #writing = new Set<string>();
  #changed = new Set<string>();
  #refreshing: Promise<void> | undefined;
  #nextWrite: Promise<void> | undefined;
  #lastWrite: Promise<void> = Promise.resolve();
  #restUntilMs = 0;

  /** @throws {PortholeError} `internal` when the file cannot be read. An editable file is read at each use instead. */
  constructor(options: FileStoreOptions & KindOptions) {
    this.#options = options;
    this.#records = new Records(options);
    if (!options.editable) this.#load();
  }

  async get(key: string): Promise<Value | undefined> {
    await this.#refreshEdited();
    return this.#records.get(key)?.value;
  }

  async list(): Promise<[key: string, value: Value][]> {
    await this.#refreshEdited();
    return this.#records.list().map(([key, { value }]) => [key, value]);
  }

  async put(key: string, value: Value, expiry?: Expiry): Promise<void> {
    await this.#refreshEdited();
    this.#records.put(key, makeEntry(value, expiry));
    await this.#store(key);
  }

  async delete(key: string): Promise<void> {
    await this.#refreshEdited();
    if (this.#records.delete(key)) await this.#store(key);
  }

  async update<Result>(key: string, decide: (value: Value | undefined) => Decision<Value, Result>): Promise<Result> {
    await this.#refreshEdited();
    const { result, changed } = this.#records.decide(key, decide);
    if (changed) await this.#store(key);
    return result;
  }

  /** Resolves when every change has been written. */
  async settled(): Promise<void> {
    for (let last; last !== this.#lastWrite;) await (last = this.#lastWrite);
  }

  /** Resolves when the change of this record is in the file. Changes that arrive before the write starts share it. */
  #store(key: string): Promise<void> {
    this.#changed.add(key);
    if (!this.#nextWrite) {
      this.#nextWrite = this.#lastWrite.then(() => this.#write());
      this.#lastWrite = this.#nextWrite.catch(() => {});
    }
    return this.#nextWrite;
  }

  async #write(): Promise<void> {
    await delay(Math.max(0, this.#restUntilMs - performance.now()));
    this.#nextWrite = undefined;
    try {
      await this.#replace();
    } catch (cause) {
      const { kind, strict, onNotStored } = this.#options;
      const notStored = new NotStored(kind, { cause });
      onNotStored?.(notStored);
      if (strict || !onNotStored) throw notStored;
    }
  }

  async #replace(): Promise<void> {
    await this.#refresh();
    [this.#writing, this.#changed] = [this.#changed, new Set()];
    const startedAtMs = performance.now();
    const text = this.#writeText(this.#records.list());
    const tookMs = performance.now() - startedAtMs;
    try {
      this.#known = describe(await replaceFile(this.#options.path, text, this.#options.effects));
    } catch (thrown) {
      this.#changed = this.#changed.union(this.#writing);
      throw thrown;
    } finally {
      this.#writing = new Set();
      this.#restUntilMs = performance.now() + tookMs * (REST_PARTS - 1);
    }
  }

  #refreshEdited(): Promise<void> | undefined {
    return this.#options.editable ? this.#refresh() : undefined;
  }

  /** Reads the file when it is not the known one; calls at the same time share one read. */
  #refresh(): Promise<void> {
    return this.#refreshing ??= this.#readChanged().finally(() => this.#refreshing = undefined);
  }

  async #readChanged(): Promise<void> {
    const { path, editable } = this.#options;
    const found = await orMissing(Deno.stat(path));
    if (found && describe(found) === this.#known) return;
    // Removing an editable file removes its records. The removal of any other file is an accident: it is written again.
    if (!found && !editable) return;
    this.#load();
  }

  /** Reads the file, and applies the changes that are not in it yet. @throws {PortholeError} `internal` */
  #load(): void {
    const { path } = this.#options;
    try {
      const known = describeNow(path);
      const read = known === undefined ? [] : readRecords(Deno.readTextFileSync(path)) as [string, Entry<Value>][];
      this.#records = this.#merge(read);
      this.#known = known;
    } catch (cause) {
      throw new PortholeError("internal", `Cannot read ${basename(path)} in the data folder`, { cause });
    }
  }

  #merge(read: readonly [key: string, entry: Entry<Value>][]): Records<Value> {
    const merged = new Records<Value>(this.#options);
    for (const [key, entry] of read) merged.put(key, entry);
    for (const key of this.#writing.union(this.#changed)) {
      const own = this.#records.get(key);
      if (own) merged.put(key, own);
      else merged.delete(key);
    }
    return merged;
  }
}

/** Identifies a version of a file: each write makes a new inode, and an editor changes the time. */
function describe({ ino, size, mtime }: Deno.FileInfo): string {
  return `${ino} ${size} ${mtime?.getTime()}`;
}

function describeNow(path: string): string | undefined {
  try {
    return describe(Deno.statSync(path));
  } catch (thrown) {
    if (thrown instanceof Deno.errors.NotFound) return undefined;
    throw thrown;
  }
}

async function orMissing<Found>(found: Promise<Found>): Promise<Found | undefined> {
  try {
    return await found;
  } catch (thrown) {
    if (thrown instanceof Deno.errors.NotFound) return undefined;
    throw thrown;
  }
}
