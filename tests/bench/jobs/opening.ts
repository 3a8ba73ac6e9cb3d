/** Opens the sessions of a load, some at once. */
import type { Job } from "../job.ts";
import { RawViewer } from "../raw_viewer.ts";

const OPENING_AT_ONCE = 16;
const OPENING_TRIES = 5;

/** Opens as many sessions as the job asks for; those that were refused at first are counted. */
export async function openAll(
  job: Job,
  readBytes: number,
): Promise<{ viewers: RawViewer[]; reopened: number }> {
  const viewers: RawViewer[] = [];
  let opened = 0;
  let tries = 0;
  const open = () => {
    tries++;
    return (job.acks ? RawViewer.openResumable : RawViewer.open)(new URL(job.url), readBytes);
  };
  const openSome = async () => {
    while (opened++ < job.sessions) viewers.push(await tryAgain(open));
  };
  await Promise.all(Array.from({ length: OPENING_AT_ONCE }, openSome));
  return { viewers, reopened: tries - viewers.length };
}

async function tryAgain<T>(attempt: () => Promise<T>): Promise<T> {
  for (let left = OPENING_TRIES - 1; left > 0; left--) {
    try {
      return await attempt();
    } catch {
      // Counted by the caller.
    }
  }
  return await attempt();
}
