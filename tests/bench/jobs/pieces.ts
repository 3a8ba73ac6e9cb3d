/** Updates that come in two pieces, 1 ms apart, as a viewer meets them that asks for one after the other. */
import { encodeFrame } from "../frames.ts";
import { type Job, type Result, sumUpTimes } from "../job.ts";
import type { RawViewer } from "../raw_viewer.ts";
import { buildRequest, PIECES_BYTES } from "../wire.ts";

/** From each request to the last byte of its update. */
export async function runPieces({ updates = 1 }: Job, viewers: readonly RawViewer[]): Promise<Result> {
  const request = encodeFrame(2, buildRequest(1, true));
  const timesMs: number[] = [];
  const began = performance.now();
  for (const viewer of viewers) {
    for (let turn = 0; turn < updates; turn++) {
      const at = performance.now();
      const end = viewer.payloadBytes + PIECES_BYTES;
      await viewer.send(request);
      if (!await viewer.readTo(end)) throw new Error("An update ended early");
      timesMs.push(performance.now() - at);
    }
  }
  return { ms: performance.now() - began, ...sumUpTimes(timesMs) };
}
