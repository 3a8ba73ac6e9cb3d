/** Reloads the configuration when one of its files changes, or a provider of sources reports a change. */
import { delay } from "@std/async/delay";
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
  /** The files are examined this often. */
  readonly pollMs?: number;
}

/** A file that is written without pause delays the reload by at most this many rounds. */
const MAX_SETTLE_ROUNDS = 40;
/** Examining the files takes at most one part in twenty of the time… */
const REST_FACTOR = 19;
/** …but the next round comes after this time at the latest. */
const REST_MAX_MS = 10_000;

/**
 * Reloads once at the start, for changes since the configuration was loaded, and then whenever the state of its files on
 * disk changes. The files are polled: events miss network folders, bind mounts and swapped links, and `Deno.watchFs()`
 * opens what appears in a folder, so that any named pipe there stops it, and the event loop at the next call.
 */
export function watchConfig(live: LiveConfig, options: WatchOptions = {}): AsyncDisposable {
  const { settleMs = 50, pollMs = 500, providers = [], reader = createFileReader() } = options;
  const stops = providers.map((provider) => provider.subscribe?.(() => void live.reload()));
  const stopping = new AbortController();
  const describe = async () => (await describeFiles(live.files, reader)).text;

  async function run(): Promise<void> {
    let known: string | undefined;
    while (!stopping.signal.aborted) {
      const startedMs = performance.now();
      if (await describe() === known) {
        const tookMs = performance.now() - startedMs;
        await rest(Math.max(pollMs, Math.min(tookMs * REST_FACTOR, REST_MAX_MS)), stopping.signal);
        continue;
      }
      known = await settle(describe, settleMs);
      await live.reload();
    }
  }

  const running = run();
  return {
    async [Symbol.asyncDispose]() {
      for (const stop of stops) stop?.();
      stopping.abort();
      await running;
    },
  };
}

/** Waits; returns early when the signal aborts. */
async function rest(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, { signal }).catch(() => {});
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
