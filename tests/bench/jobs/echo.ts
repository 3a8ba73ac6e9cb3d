/** Small messages that the source answers with equally small ones. */
import { encodeFrame } from "../frames.ts";
import { type Job, type Result, sumUpTimes } from "../job.ts";
import type { RawViewer } from "../raw_viewer.ts";
import { buildEcho, ECHO_BYTES } from "../wire.ts";

const DEFAULT_MS = 1000;

/** Every session sends one message after another, each when the one before has come back. */
export async function runEcho({ ms = DEFAULT_MS }: Job, viewers: readonly RawViewer[]): Promise<Result> {
  const timesMs: number[] = [];
  const began = performance.now();
  await Promise.all(viewers.map((viewer) => echoUntil(viewer, began + ms, timesMs)));
  return { ms: performance.now() - began, ...sumUpTimes(timesMs) };
}

async function echoUntil(viewer: RawViewer, until: number, timesMs: number[]): Promise<void> {
  const frame = encodeFrame(2, buildEcho());
  for (let at = performance.now(); at < until;) {
    const end = viewer.payloadBytes + ECHO_BYTES;
    await viewer.send(frame);
    if (!await viewer.readTo(end)) throw new Error("An echo ended early");
    const now = performance.now();
    timesMs.push(now - at);
    at = now;
  }
}
