/** How long one piece of work kept everything else waiting. */
import { cpuUsage } from "node:process";

/**
 * Runs the work, and gives the longest time in which nothing else could run, and the time of all. It is the time of the
 * processor: a machine that is busy with something else makes a pause last longer, but not take more of it.
 */
export async function measurePause(work: () => Promise<unknown>): Promise<{ longestMs: number; totalMs: number }> {
  const startedMs = readProcessorMs();
  let [longestMs, lastMs] = [0, startedMs];
  const note = () => {
    const nowMs = readProcessorMs();
    longestMs = Math.max(longestMs, nowMs - lastMs);
    lastMs = nowMs;
  };
  const timer = setInterval(note, 1);
  try {
    await work();
  } finally {
    clearInterval(timer);
    note();
  }
  return { longestMs, totalMs: readProcessorMs() - startedMs };
}

function readProcessorMs(): number {
  const { user, system } = cpuUsage();
  return (user + system) / 1000;
}
