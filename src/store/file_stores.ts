/** Stores in a folder: a file `KIND.json` for each kind of record, which only its owner can read. */
import { join } from "node:path";
import { FileStore } from "./file_store.ts";
import { createMemoryStores } from "./memory_stores.ts";
import type { FileEffects } from "./replace_file.ts";
import type { KindOptions, NotStored, Store, Stores } from "./store.ts";

interface FileStoresOptions {
  folder: string;
  /**
   * Called when a change could not be stored. The change is in effect in this process, and is written with the next one.
   * Without this function, such a change rejects.
   */
  onNotStored?: (cause: NotStored) => void;
  now?: () => number;
  effects?: FileEffects;
}

/** Opens the stores of a folder, which the first write creates. */
export function openFileStores({ folder, onNotStored, now = Date.now, effects = Deno }: FileStoresOptions): Stores {
  const files = new Map<string, FileStore<never>>();
  const transient = createMemoryStores({ now });
  return {
    open: <Value>(kind: string, options: KindOptions = {}) => {
      if (options.transient) return transient.open<Value>(kind, options);
      const path = join(folder, `${kind}.json`);
      const store = files.get(kind) ?? new FileStore<never>({ ...options, kind, path, now, effects, onNotStored });
      files.set(kind, store);
      return store as unknown as Store<Value>;
    },
    settled: async () => {
      await Promise.all([...files.values()].map((store) => store.settled()));
    },
  };
}
