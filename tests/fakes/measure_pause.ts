/** How long one piece of work kept everything else waiting. */

/** Runs the work, and gives the longest time in which nothing else could run, and the time of all. */
export async function measurePause(work: () => Promise<unknown>): Promise<{ longestMs: number; totalMs: number }> {
  const startedMs = performance.now();
  let [longestMs, lastMs] = [0, startedMs];
  const note = () => {
    const nowMs = performance.now();
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
  return { longestMs, totalMs: performance.now() - startedMs };
}
