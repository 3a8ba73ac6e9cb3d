/** Reloads the configuration when one of its files changes, or a provider of sources reports a change. */
import { delay } from "@std/async/delay";
import { waitAtMost } from "../async/wait_at_most.ts";
import { dirname } from "node:path";
import { createFileReader, type FileReader } from "../files/file_reader.ts";
import { describeFiles } from "./file_state.ts";
import type { LiveConfig } from "./live_config.ts";
import type { SourceProvider } from "./provider.ts";

/** Providers to watch besides the files, and intervals. */
export interface WatchOptions {
  readonly reader?: FileReader;
  /** Providers that report their changes themselves. */
  readonly providers?: readonly SourceProvider[];
  /** The files are read when they have not changed for this long. */
  readonly settleMs?: number;
  /** The files are also checked this often, because bind mounts and network folders may not send events. */
  readonly pollMs?: number;
}

/** A file that is written without pause delays the reload by at most this many rounds. */
const MAX_SETTLE_ROUNDS = 40;

/**
 * Reloads once at the start, for changes since the configuration was loaded, and then whenever the state of its files on
 * disk changes. The watches are on folders, because editors replace files and Kubernetes swaps a link beside them; an
 * event there only triggers a comparison.
 */
export function watchConfig(live: LiveConfig, options: WatchOptions = {}): AsyncDisposable {
  const { settleMs = 50, pollMs = 10_000, providers = [], reader = createFileReader() } = options;
  const bell = createBell();
  const stops = providers.map((provider) => provider.subscribe?.(() => void live.reload()));
  let stopped = false;

  async function run(): Promise<void> {
    let known: string | undefined;
    let folders = await watchFolders(live.files, reader, bell.ring);
    while (!stopped) {
      const found = await settle(async () => (await describeFiles(live.files, reader)).text, settleMs);
      if (found === known) {
        await bell.wait(pollMs);
        continue;
      }
      known = found;
      await live.reload();
      const next = await watchFolders(live.files, reader, bell.ring);
      await folders[Symbol.asyncDispose]();
      folders = next;
    }
    await folders[Symbol.asyncDispose]();
  }

  const running = run();
  return {
    async [Symbol.asyncDispose]() {
      stopped = true;
      for (const stop of stops) stop?.();
      bell.ring();
      await running;
    },
  };
}

/** Ends a wait. If nothing waits, `ring()` ends the next wait at once. */
function createBell(): { ring(): void; wait(maxMs: number): Promise<void> } {
  let rung = false;
  let wake: () => void = () => {};
  return {
    ring() {
      rung = true;
      wake();
    },
    async wait(maxMs) {
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      if (!rung) await waitAtMost(promise, maxMs);
      rung = false;
    },
  };
}

/** Describes repeatedly, until two descriptions in a row are the same. */
async function settle(describe: () => Promise<string>, settleMs: number): Promise<string> {
  let last = await describe();
  for (let round = 0; round < MAX_SETTLE_ROUNDS; round++) {
    await delay(settleMs);
    const next = await describe();
    if (next === last) break;
    last = next;
  }
  return last;
}

/** Rings at every event in the folders of the files. Where watching fails, polling remains. */
async function watchFolders(files: readonly string[], reader: FileReader, ring: () => void): Promise<AsyncDisposable> {
  const folders = new Set((await Promise.all(files.map((file) => listFolders(file, reader)))).flat());
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

/**
 * The folders to watch for a file: its own, or the nearest that exists, and that of a link's target. Each has answered
 * just now, because `Deno.watchFs()` waits for the disk in the main thread.
 */
async function listFolders(file: string, reader: FileReader): Promise<string[]> {
  try {
    const real = await reader.guard(file, () => Deno.realPath(file));
    return [dirname(file), (await reader.stat(real)).isDirectory ? real : dirname(real)];
  } catch {
    return [await findFolder(dirname(file), reader)];
  }
}

async function findFolder(path: string, reader: FileReader): Promise<string> {
  const isThere = await reader.stat(path).then(({ isDirectory }) => isDirectory, () => false);
  return isThere || dirname(path) === path ? path : findFolder(dirname(path), reader);
}
