/** Stores in a folder: a file `KIND.json` for each kind of record, with a copy, which only its owner can read. */
import { join } from "node:path";
import { type SetTimer, startTimer } from "../async/timer.ts";
import { FileStore, type Tell } from "./file_store.ts";
import { createMemoryStores } from "./memory_stores.ts";
import type { FileEffects } from "./replace_file.ts";
import { removeDrafts } from "./set_aside.ts";
import type { KindOptions, Store, Stores } from "./store.ts";

interface FileStoresOptions {
  folder: string;
  /**
   * Whether this process has locked the folder. It then repairs and cleans the folder, and reads a file once unless its
   * kind is `editable` or `shared`. Other processes expect that every file changes.
   */
  isOwner?: boolean;
  /** Receives what operators should know: broken files, and when saving begins to fail. */
  tell?: Tell;
  now?: () => number;
  effects?: FileEffects;
  /** The timer that tries a failed save again. */
  setTimer?: SetTimer;
}

/** Opens the stores of a folder, which the first write creates. */
export function openFileStores(options: FileStoresOptions): Stores {
  const { folder, isOwner = false, tell = () => {}, now = Date.now, effects = Deno, setTimer = startTimer } = options;
  if (isOwner) removeDrafts(folder);
  const files = new Map<string, FileStore<never>>();
  const transient = createMemoryStores({ now });
  const open = (kind: string, options: KindOptions) => {
    const path = join(folder, `${kind}.json`);
    return new FileStore<never>({ ...options, path, isOwner, now, effects, setTimer, tell });
  };
  return {
    open: <Value>(kind: string, options: KindOptions = {}) => {
      if (options.transient) return transient.open<Value>(kind, options);
      const store = files.get(kind) ?? open(kind, options);
      files.set(kind, store);
      return store as unknown as Store<Value>;
    },
    problems: () => [...files.values()].flatMap((store) => store.problems),
    unsaved: () => [...files.values()].reduce((sum, store) => sum + store.unsaved, 0),
    settled: async () => {
      await Promise.all([...files.values()].map((store) => store.settled()));
    },
  };
}
