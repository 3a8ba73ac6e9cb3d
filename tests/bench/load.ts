/**
 * The bench's load, a process of its own: opens its sessions and prints `ready`, waits for a line on stdin, does its work and
 * prints the result as JSON, keeps the sessions open until the next line (so that the CPU of living children can be read), ends.
 */
import type { Job, Result } from "./job.ts";
import { runEcho } from "./jobs/echo.ts";
import { runCut, runFlood } from "./jobs/flood.ts";
import { runFirst } from "./jobs/first.ts";
import { runIdle } from "./jobs/idle.ts";
import { runOpen } from "./jobs/open.ts";
import { runLink } from "./jobs/link.ts";
import { openAll } from "./jobs/opening.ts";
import { runPieces } from "./jobs/pieces.ts";
import { runResume } from "./jobs/resume.ts";
import { waitForLine } from "./steps.ts";
import type { RawViewer } from "./raw_viewer.ts";

/** How a job is done; without `readBytes`, it opens its sessions itself. */
interface Work {
  /** Length of each session's read buffer. */
  readonly readBytes?: number;
  run(job: Job, viewers: readonly RawViewer[]): Promise<Result>;
}

const SMALL_BYTES = 4096;
const MEDIUM_BYTES = 64 * 1024;
const WORK: Readonly<Partial<Record<Job["kind"], Work>>> = {
  flood: { readBytes: 256 * 1024, run: runFlood },
  echo: { readBytes: SMALL_BYTES, run: runEcho },
  idle: { readBytes: SMALL_BYTES, run: runIdle },
  cut: { run: runCut },
  first: { run: runFirst },
  link: { readBytes: MEDIUM_BYTES, run: runLink },
  open: { run: runOpen },
  resume: { run: runResume },
  pieces: { readBytes: SMALL_BYTES, run: runPieces },
};

if (import.meta.main) {
  const job = JSON.parse(Deno.args[0] ?? "") as Job;
  const { readBytes, run } = WORK[job.kind]!;
  const { viewers, reopened } = readBytes === undefined ? { viewers: [], reopened: 0 } : await openAll(job, readBytes);
  console.log("ready");
  await waitForLine();
  console.log(JSON.stringify({ ...await run(job, viewers), reopened } satisfies Result));
  await waitForLine();
  await Promise.all(viewers.map((viewer) => viewer.end()));
  Deno.exit(0);
}
