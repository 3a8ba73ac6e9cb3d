/** Reloads the configuration when one of its files changes. */
import { dirname } from "node:path";
import type { ConfigStore } from "./store.ts";

/** How patient the watcher is; the defaults suit people who edit files. */
export interface WatchOptions {
  /** Files count as written when nothing about them changed for this long. */
  readonly settleMs?: number;
  /** Also look without being told: a bind mount, a network folder or a full inotify table does not tell. */
  readonly pollMs?: number;
}

/** So that a file which is written without a pause cannot put off the reload for ever. */
const MOST_SETTLE_ROUNDS = 40;

/**
 * Reloads the store once at the start, in case something changed since it was loaded, and whenever the state of its files
 * on disk is another than before. The folders are watched, because editors replace files and Kubernetes swaps a link
 * beside them; what happens there only makes the watcher look.
 */
export function watchConfig(store: ConfigStore, options: WatchOptions = {}): AsyncDisposable {
  const { settleMs = 50, pollMs = 10_000 } = options;
  const bell = createBell();
  let stopped = false;

  async function run(): Promise<void> {
    let known: string | undefined;
    let folders = await watchFolders(store.files, bell.ring);
    while (!stopped) {
      const found = await settle(() => describeFiles(store.files), settleMs);
      if (found === known) {
        await bell.wait(pollMs);
        continue;
      }
      known = found;
      await store.reload();
      const next = await watchFolders(store.files, bell.ring);
      await folders[Symbol.asyncDispose]();
      folders = next;
    }
    await folders[Symbol.asyncDispose]();
  }

  const running = run();
  return {
    async [Symbol.asyncDispose]() {
      stopped = true;
      bell.ring();
      await running;
    },
  };
}

/** Wakes one who waits; rung while nobody does, it wakes the next one at once. */
function createBell(): { ring(): void; wait(mostMs: number): Promise<void> } {
  let rung = false;
  let wake: () => void = () => {};
  return {
    ring() {
      rung = true;
      wake();
    },
    async wait(mostMs) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, mostMs);
      wake = resolve;
      if (!rung) await promise;
      rung = false;
      clearTimeout(timer);
    },
  };
}

/** Looks until two looks, a little while apart, see the same. */
async function settle(look: () => Promise<string>, settleMs: number): Promise<string> {
  let seen = await look();
  for (let round = 0; round < MOST_SETTLE_ROUNDS; round++) {
    await new Promise((resolve) => setTimeout(resolve, settleMs));
    const again = await look();
    if (again === seen) break;
    seen = again;
  }
  return seen;
}

async function describeFiles(files: readonly string[]): Promise<string> {
  return (await Promise.all(files.map(describeFile))).join("\n");
}

async function describeFile(file: string): Promise<string> {
  try {
    const [real, { mtime, size, ino, mode }] = await Promise.all([Deno.realPath(file), Deno.stat(file)]);
    return JSON.stringify([file, real, mtime?.getTime(), size, ino, mode]);
  } catch {
    return JSON.stringify([file, "absent"]);
  }
}

/** Rings for what happens in the files' folders; without a watch (too many, or not supported) only polling is left. */
async function watchFolders(files: readonly string[], ring: () => void): Promise<AsyncDisposable> {
  const folders = new Set((await Promise.all(files.map(listFolders))).flat());
  try {
    const watcher = Deno.watchFs([...folders], { recursive: false });
    const running = forward(watcher, ring);
    return {
      async [Symbol.asyncDispose]() {
        watcher.close();
        await running;
      },
    };
  } catch {
    return { [Symbol.asyncDispose]: () => Promise.resolve() };
  }
}

async function forward(watcher: Deno.FsWatcher, ring: () => void): Promise<void> {
  for await (const { kind } of watcher) {
    if (kind !== "access") ring();
  }
}

/** Where a change of the file shows: the folder that it is in, or the nearest there is, and the one that a link leads to. */
async function listFolders(file: string): Promise<string[]> {
  try {
    const real = await Deno.realPath(file);
    return [dirname(file), (await Deno.stat(real)).isDirectory ? real : dirname(real)];
  } catch {
    return [await findFolder(dirname(file))];
  }
}

async function findFolder(path: string): Promise<string> {
  const isThere = await Deno.stat(path).then(({ isDirectory }) => isDirectory, () => false);
  return isThere || dirname(path) === path ? path : findFolder(dirname(path));
}
