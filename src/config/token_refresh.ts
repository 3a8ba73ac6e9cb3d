/** Reads token files again when a token is unknown, because programs use a token as soon as they have written it. */
import { readSteadyClock } from "../async/steady_clock.ts";
import { delay } from "@std/async/delay";
import { dirname, resolve } from "node:path";
import { createFileReader, type FileReader } from "../files/file_reader.ts";
import { describeFiles } from "./file_state.ts";
import type { LiveConfig } from "./live_config.ts";

/** The least time between two checks of the files. */
const INTERVAL_MS = 100;
/** Checks take at most a tenth of the time, so that guessed tokens cannot keep the disk busy… */
const REST_FACTOR = 9;
/** …but the next one comes after this time at the latest. */
const REST_MAX_MS = 5_000;

/**
 * A file that was changed as recently as this may change again without showing it, because file systems count time in
 * steps of up to 2 s. It is read again in any case.
 */
const STEP_MS = 2_000;

/** What is read again. */
export interface TokenRefreshOptions {
  readonly live: Pick<LiveConfig, "files" | "reload">;
  /** Token files and folders of them. */
  readonly paths: readonly string[];
  readonly reader?: FileReader;
}

/**
 * Makes a function that reads the token files again if they have changed; it resolves when every token that was in them
 * at the time of the call is in force. Calls during a check share the next one.
 */
export function createTokenRefresh(
  { live, paths, reader = createFileReader() }: TokenRefreshOptions,
): () => Promise<void> {
  const own = new Set(paths.map((path) => resolve(path)));
  let known: string | undefined;
  let last: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  let notBeforeMs = 0;

  async function check(): Promise<void> {
    const [startedMs, wallMs] = [readSteadyClock(), Date.now()];
    const { text, newestMs } = await describeFiles(
      live.files.filter((file) => own.has(file) || own.has(dirname(file))),
      reader,
    );
    if (text !== known || wallMs - newestMs < STEP_MS) await live.reload();
    known = text;
    const tookMs = readSteadyClock() - startedMs;
    notBeforeMs = readSteadyClock() + Math.max(INTERVAL_MS, Math.min(tookMs * REST_FACTOR, REST_MAX_MS));
  }

  async function checkInTurn(after: Promise<void>): Promise<void> {
    await after;
    const waitMs = notBeforeMs - readSteadyClock();
    if (waitMs > 0) await delay(waitMs);
    next = undefined;
    await check();
  }

  return () => {
    if (next === undefined) last = next = checkInTurn(last.catch(() => {}));
    return next;
  };
}
