/** A stream whose source never stops sending, over a slow link, and an echo beside it over the same link. */
import { encodeFrame } from "../frames.ts";
import { type Job, type Result, sumUpTimes } from "../job.ts";
import { RawViewer } from "../raw_viewer.ts";
import { buildEcho, buildRequest, ECHO_BYTES } from "../wire.ts";

const READ_BYTES = 64 * 1024;
const ECHO_EVERY_MS = 50;
const DEFAULT_MS = 1000;

/** Lets the stream run half of the time unmeasured; then counts what arrives, and times the echo. */
export async function runLink(
  { url, echoUrl = url, ms = DEFAULT_MS }: Job,
  viewers: readonly RawViewer[],
): Promise<Result> {
  const [stream] = viewers as [RawViewer];
  const echo = await RawViewer.open(new URL(echoUrl), READ_BYTES);
  const opened = stream.payloadBytes;
  await stream.send(encodeFrame(2, buildRequest(1, true)));
  stream.readTo(Infinity).catch(() => {});
  await new Promise((resolve) => setTimeout(resolve, ms / 2));
  const [began, before] = [performance.now(), stream.payloadBytes];
  const timesMs: number[] = [];
  while (performance.now() - began < ms / 2) timesMs.push(await timeEcho(echo));
  await echo.end();
  return {
    ms: performance.now() - began,
    bytes: stream.payloadBytes - before,
    received: stream.payloadBytes - opened,
    ...sumUpTimes(timesMs),
  };
}

async function timeEcho(viewer: RawViewer): Promise<number> {
  const at = performance.now();
  await viewer.send(encodeFrame(2, buildEcho()));
  if (!await viewer.readTo(viewer.payloadBytes + ECHO_BYTES)) throw new Error("An echo ended early");
  const tookMs = performance.now() - at;
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, ECHO_EVERY_MS - tookMs)));
  return tookMs;
}
