/** The time to the first picture. */
import { encodeFrame } from "../frames.ts";
import type { Job, Result } from "../job.ts";
import { RawViewer } from "../raw_viewer.ts";
import { buildRequest } from "../wire.ts";

/** Time for the gateway to prewarm its connections. */
const PAUSE_MS = 1500;
const READ_BYTES = 64 * 1024;

/** Opens sessions one after the other, each up to its first byte of picture. */
export async function runFirst({ url, sessions }: Job): Promise<Result> {
  const timesMs: number[] = [];
  for (let round = 0; round < sessions; round++) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    const began = performance.now();
    const viewer = await RawViewer.open(new URL(url), READ_BYTES);
    await viewer.send(encodeFrame(2, buildRequest(1)));
    if (!await viewer.readTo(viewer.payloadBytes + 1)) throw new Error("No picture came");
    timesMs.push(performance.now() - began);
    await viewer.end();
  }
  return { ms: 0, firstMs: timesMs.sort((a, b) => a - b)[Math.floor(timesMs.length / 2)]! };
}
