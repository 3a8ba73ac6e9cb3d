/** Streams at full speed, and streams whose end must not be lost. */
import { encodeFrame } from "../frames.ts";
import type { Job, Result } from "../job.ts";
import { RawViewer } from "../raw_viewer.ts";
import { buildRequest, UPDATE_BYTES } from "../wire.ts";

const TALK_EVERY_MS = 1;
const CUT_AT_ONCE = 10;
const CUT_READ_BYTES = 64 * 1024;

/** Every session is sent as many updates as the job says, all at once. */
export async function runFlood({ updates = 1 }: Job, viewers: readonly RawViewer[]): Promise<Result> {
  const request = encodeFrame(2, buildRequest(updates));
  const began = performance.now();
  await Promise.all(viewers.map(async (viewer) => {
    const end = viewer.payloadBytes + updates * UPDATE_BYTES;
    await viewer.send(request);
    if (!await viewer.readTo(end)) throw new Error("A flood ended early");
  }));
  return { ms: performance.now() - began, bytes: viewers.length * updates * UPDATE_BYTES };
}

/** Counts the streams whose last bytes were lost when the source closed. */
export async function runCut(job: Job): Promise<Result> {
  const began = performance.now();
  let begun = 0;
  let truncated = 0;
  const runSome = async () => {
    while (begun++ < job.sessions) truncated += Number(await isTruncated(job));
  };
  await Promise.all(Array.from({ length: CUT_AT_ONCE }, runSome));
  return { ms: performance.now() - began, truncated };
}

/** One stream whose viewer keeps sending, as noVNC does; returns whether its end was lost. */
async function isTruncated({ url, updates = 5 }: Job): Promise<boolean> {
  const viewer = await RawViewer.open(new URL(url), CUT_READ_BYTES);
  const end = viewer.payloadBytes + updates * UPDATE_BYTES;
  await viewer.send(encodeFrame(2, buildRequest(updates)));
  const words = encodeFrame(2, buildRequest(1));
  const talk = setInterval(() => viewer.send(words).catch(() => {}), TALK_EVERY_MS);
  const whole = await viewer.readTo(end).catch(() => false);
  clearInterval(talk);
  await viewer.end();
  return !whole;
}
