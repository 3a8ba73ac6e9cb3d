/** The opening of sessions: each from its TCP connection to the ServerInit message, then closed again. */
import { type Job, type Result, sumUpTimes } from "../job.ts";
import { RawViewer } from "../raw_viewer.ts";

const READ_BYTES = 4096;

/** Opens sessions one after another or, with `perSecond`, at that rate however long each takes. */
export async function runOpen(job: Job): Promise<Result> {
  const timesMs: number[] = [];
  const began = performance.now();
  const failed =
    await (job.perSecond === undefined ? openInTurn(job, timesMs) : openAtRate(job, job.perSecond, timesMs));
  return { ms: performance.now() - began, ...sumUpTimes(timesMs), failed };
}

async function openInTurn({ url, sessions }: Job, timesMs: number[]): Promise<number> {
  let failed = 0;
  for (let turn = 0; turn < sessions; turn++) failed += await openOnce(url, timesMs);
  return failed;
}

async function openAtRate({ url, sessions }: Job, perSecond: number, timesMs: number[]): Promise<number> {
  const began = performance.now();
  const openings: Promise<number>[] = [];
  for (let turn = 0; turn < sessions; turn++) {
    const waitMs = began + turn * 1000 / perSecond - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    openings.push(openOnce(url, timesMs));
  }
  return (await Promise.all(openings)).reduce((sum, one) => sum + one, 0);
}

/** Adds the time that it took; returns 1 if it failed. */
async function openOnce(url: string, timesMs: number[]): Promise<number> {
  const began = performance.now();
  try {
    const viewer = await RawViewer.open(new URL(url), READ_BYTES);
    timesMs.push(performance.now() - began);
    await viewer.end();
    return 0;
  } catch {
    return 1;
  }
}
