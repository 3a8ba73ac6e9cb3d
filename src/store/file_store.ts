/** Records of one kind, held in memory and written to one file and its copy after each change. */
import { basename, dirname } from "node:path";
import type { SetTimer } from "../async/timer.ts";
import { PortholeError } from "../errors.ts";
import { explainFailure } from "./explain_failure.ts";
import { createRecordWriter } from "./record_text.ts";
import { type Entry, Records } from "./records.ts";
import { recover } from "./recover.ts";
import { type FileEffects, replaceFiles } from "./replace_file.ts";
import { SaveQueue } from "./save_queue.ts";
import { copyOf, describeVersion, findRecords } from "./state_file.ts";
import { type Decision, type KindOptions, NotStored, type PutOptions, type Store } from "./store.ts";

/** Receives sentences for the log. */
export type Tell = (level: "info" | "warn" | "error", sentence: string, cause?: unknown) => void;

/** The file of a store, and its effects. */
interface FileStoreOptions {
  path: string;
  /** Whether no other process writes the file, unless its kind is `editable` or `shared`. */
  isOwner: boolean;
  now: () => number;
  effects: FileEffects;
  setTimer: SetTimer;
  tell: Tell;
}

/** More unsaved changes are still saved, but no longer counted. */
const MOST_UNSAVED = 20_000;

/**
 * A store that replaces its whole file at each write: an administrator can copy and restore one file for one kind, and
 * the largest (10,000 signed-in browsers, 4 MB) takes 10 ms to write. If another process may have changed the file, it
 * is read before a write, and only this store's own changes are added, so that writers of different records do not
 * overwrite each other.
 */
export class FileStore<Value> implements Store<Value> {
  readonly #options: FileStoreOptions & KindOptions;
  readonly #name: string;
  readonly #queue: SaveQueue;
  readonly #writeText = createRecordWriter();
  /** What was wrong with the file at the start. */
  readonly #flaws: string[] = [];
  #records: Records<Value>;
  /** Version of the file when it was last read or written; undefined while there is no file. */
  #known: string | undefined;
  /** Keys of changes that are not in the file yet: those of the write under way, and those of the next one. */
  #writing = new Set<string>();
  #changed = new Set<string>();
  #refreshing: Promise<void> | undefined;

  /** @throws {DataFolderError} when the file cannot be read and its records must not be treated as none. */
  constructor(options: FileStoreOptions & KindOptions) {
    const { path, tell, setTimer } = options;
    this.#options = options;
    this.#name = basename(path);
    this.#records = new Records(options);
    this.#queue = new SaveQueue({
      save: () => this.#save(),
      onFailed: (cause) => tell("error", this.#explain(cause), cause),
      onRecovered: () => tell("info", `${this.#name} is saved again`),
      setTimer,
    });
    this.#start();
  }

  /** What an operator should know of this file. */
  get problems(): string[] {
    const { failure } = this.#queue;
    return failure ? [...this.#flaws, this.#explain(failure.cause)] : this.#flaws;
  }

  /** Number of changes that are in effect but not in the file. */
  get unsaved(): number {
    return this.#changed.union(this.#writing).size;
  }

  async get(key: string): Promise<Value | undefined> {
    await this.#refreshEdited();
    return this.#records.get(key)?.value;
  }

  async list(): Promise<[key: string, value: Value][]> {
    await this.#refreshEdited();
    return this.#records.list().map(([key, { value }]) => [key, value]);
  }

  async put(key: string, value: Value, options: PutOptions = {}): Promise<void> {
    await this.update(key, () => ({ result: undefined, put: value, ...options }));
  }

  async delete(key: string): Promise<void> {
    await this.#refreshEdited();
    if (this.#records.delete(key) || this.#isUnsaved(key)) await this.#store(key);
  }

  async update<Result>(key: string, decide: (value: Value | undefined) => Decision<Value, Result>): Promise<Result> {
    await this.#refreshEdited();
    const before = this.#records.get(key);
    const { result, changed, ifUnsaved } = this.#records.decide(key, decide);
    if (changed) await this.#storeOr(ifUnsaved, key, before);
    return result;
  }

  /** Resolves when every change has been written, or could not be written when it was tried a last time. */
  settled(): Promise<void> {
    return this.#queue.settled();
  }

  #start(): void {
    const { editable, isOwner, tell } = this.#options;
    // Beside a running gateway, an editable file is read at each use only: a person may be editing it.
    if (editable && !isOwner) return;
    const found = recover({
      ...this.#options,
      tell: (sentence) => {
        this.#flaws.push(sentence);
        tell("error", sentence);
      },
    });
    if (found.kind === "read") this.#take(found.entries as [string, Entry<Value>][], found.version);
  }

  /** Resolves when the change of this record is in the file. */
  async #store(key: string): Promise<void> {
    this.#changed.add(key);
    if (this.#changed.size > MOST_UNSAVED) this.#changed.delete(this.#changed.values().next().value!);
    try {
      await this.#queue.request();
    } catch (cause) {
      if (cause instanceof PortholeError) throw cause;
      throw new NotStored(explainFailure(cause), { cause });
    }
  }

  async #storeOr(ifUnsaved: PutOptions["ifUnsaved"], key: string, before: Entry<Value> | undefined): Promise<void> {
    const after = this.#records.get(key);
    try {
      await this.#store(key);
    } catch (thrown) {
      if (!(thrown instanceof NotStored) || ifUnsaved === undefined || ifUnsaved === "reject") throw thrown;
      if (ifUnsaved === "accept") return;
      if (this.#records.get(key) === after) this.#restore(key, before);
      throw new NotStored(thrown.reason, { cause: thrown.cause, undone: true });
    }
  }

  #restore(key: string, before: Entry<Value> | undefined): void {
    if (before) this.#records.put(key, before);
    else this.#records.delete(key);
  }

  /** Writes every record; returns the milliseconds for which that kept the thread busy. */
  async #save(): Promise<number> {
    const { path, editable, shared, isOwner, effects } = this.#options;
    if (editable || shared || !isOwner) await this.#refresh();
    [this.#writing, this.#changed] = [this.#changed, new Set()];
    const startedAtMs = performance.now();
    const text = this.#writeText(this.#records.list());
    const busyMs = performance.now() - startedAtMs;
    try {
      this.#known = describeVersion(await replaceFiles([copyOf(path), path], text, effects));
    } catch (thrown) {
      this.#changed = this.#changed.union(this.#writing);
      throw thrown;
    } finally {
      this.#writing = new Set();
    }
    return busyMs;
  }

  #isUnsaved(key: string): boolean {
    return this.#changed.has(key) || this.#writing.has(key);
  }

  #explain(cause: unknown): string {
    return `${this.#name} cannot be saved: ${explainFailure(cause)}. Changes are in effect, but a restart would undo ` +
      "those that are not saved. Porthole tries again";
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
    const version = await findVersion(path);
    if (version === null || version === this.#known) return;
    // Removing an editable file removes its records. The removal of any other file is an accident: it is written again.
    if (version !== undefined || editable) this.#read();
  }

  /** Reads the file, and applies the changes that are not in it yet. @throws {PortholeError} `internal` */
  #read(): void {
    const { path, precious, isValid } = this.#options;
    const found = findRecords(path, isValid);
    if (found.kind === "read") return this.#take(found.entries as [string, Entry<Value>][], found.version);
    if (found.kind === "missing") return this.#take([], undefined);
    // Precious records are a person's to repair. Other files are written anew with the next change.
    if (precious) throw new PortholeError("internal", `Cannot read ${this.#name} in the data folder: it ${found.why}`);
  }

  #take(read: readonly [key: string, entry: Entry<Value>][], version: string | undefined): void {
    const merged = new Records<Value>(this.#options);
    for (const [key, entry] of read) merged.put(key, entry);
    for (const key of this.#writing.union(this.#changed)) {
      const own = this.#records.get(key);
      if (own) merged.put(key, own);
      else merged.delete(key);
    }
    this.#records = merged;
    this.#known = version;
  }
}

/** The version of a file: undefined if there is none, and null while its folder is missing or its disk has an error. */
async function findVersion(path: string): Promise<string | undefined | null> {
  try {
    return describeVersion(await Deno.stat(path));
  } catch (thrown) {
    if (!(thrown instanceof Deno.errors.NotFound)) return null;
    return await Deno.stat(dirname(path)).then(() => undefined, () => null);
  }
}
