/** Stores in memory, which end with the process. */
import { makeEntry, Records } from "./records.ts";
import type { KindOptions, Store, Stores } from "./store.ts";

interface MemoryStoresOptions {
  now?: () => number;
}

/** Makes stores in memory. */
export function createMemoryStores({ now = Date.now }: MemoryStoresOptions = {}): Stores {
  const kinds = new Map<string, Store<never>>();
  return {
    open: <Value>(kind: string, { most }: KindOptions = {}) => {
      const store = kinds.get(kind) ?? createMemoryStore<never>(new Records({ most, now }));
      kinds.set(kind, store);
      return store as unknown as Store<Value>;
    },
    problems: () => [],
    unsaved: () => 0,
    settled: () => Promise.resolve(),
  };
}

/** Makes a store from records. */
function createMemoryStore<Value>(records: Records<Value>): Store<Value> {
  return {
    get: (key) => Promise.resolve(records.get(key)?.value),
    put: (key, value, expiry) => Promise.resolve(records.put(key, makeEntry(value, expiry))),
    delete: (key) => Promise.resolve(void records.delete(key)),
    list: () => Promise.resolve(records.list().map(([key, { value }]) => [key, value])),
    // deno-lint-ignore require-await -- an exception in decide() has to reject
    update: async (key, decide) => records.decide(key, decide).result,
  };
}
