/** Sessions that lose their connection in the middle of a stream, and go on over another. */
import { encodeFrame } from "../frames.ts";
import { type Job, type Result, sumUpTimes } from "../job.ts";
import { RawViewer } from "../raw_viewer.ts";
import { buildRequest } from "../wire.ts";

const READ_BYTES = 64 * 1024;
/** How much comes between two losses. */
const BETWEEN_BYTES = 512 * 1024;

/** From each loss to the next byte of the stream. */
export async function runResume({ url, updates = 1 }: Job): Promise<Result> {
  const address = new URL(url);
  let viewer = await RawViewer.openResumable(address, READ_BYTES);
  await viewer.send(encodeFrame(2, buildRequest(1, true)));
  const timesMs: number[] = [];
  const began = performance.now();
  for (let turn = 0; turn < updates; turn++) {
    if (!await viewer.readTo(viewer.payloadBytes + BETWEEN_BYTES)) throw new Error("The stream ended");
    const at = performance.now();
    viewer = await viewer.comeBack(address);
    if (!await viewer.readTo(viewer.payloadBytes + 1)) throw new Error("The session was not resumed");
    timesMs.push(performance.now() - at);
  }
  await viewer.end();
  return { ms: performance.now() - began, ...sumUpTimes(timesMs) };
}
