/** Sessions in which nothing happens. */
import type { Job, Result } from "../job.ts";
import type { RawViewer } from "../raw_viewer.ts";

/** Idle sessions keep reading, or a ping would stay unanswered. */
export async function runIdle({ ms = 0 }: Job, viewers: readonly RawViewer[]): Promise<Result> {
  for (const viewer of viewers) viewer.readTo(Infinity).catch(() => {});
  const began = performance.now();
  await new Promise((resolve) => setTimeout(resolve, ms));
  return { ms: performance.now() - began };
}
