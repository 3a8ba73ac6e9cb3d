/**
 * The bench's load, a process of its own: opens its sessions and prints `ready`, waits for a line on stdin, does its work and
 * prints the result as JSON, keeps the sessions open until the next line (so that the CPU of living children can be read), ends.
 */
import { encodeFrame } from "./frames.ts";
import { RawViewer } from "./raw_viewer.ts";
import { buildEcho, buildRequest, ECHO_BYTES, UPDATE_BYTES } from "./wire.ts";

/** The job of one load process. */
export interface Job {
  readonly kind: "flood" | "echo" | "idle" | "cut" | "first";
  readonly url: string;
  readonly sessions: number;
  /** Updates of 1 MiB for each session (flood, cut). */
  readonly updates?: number;
  /** Length of the measurement (echo). */
  readonly ms?: number;
}

/** The results of one load process; which fields it has depends on the job. */
export interface Result {
  /** Wall time of the measurement. */
  readonly ms: number;
  /** Payload bytes that came down. */
  readonly bytes?: number;
  /** Round trips. */
  readonly echoes?: number;
  readonly p50Us?: number;
  readonly p99Us?: number;
  /** Median time from the connection to the first byte of picture. */
  readonly firstMs?: number;
  /** Streams that ended before their last byte. */
  readonly truncated?: number;
  /** Sessions that had to be opened again because the first attempt was refused. */
  readonly reopened?: number;
}

const OPENING_AT_ONCE = 16;
const OPENING_TRIES = 5;
const TALK_EVERY_MS = 1;
const CUT_AT_ONCE = 10;
const READ_BYTES = { flood: 256 * 1024, echo: 4096, idle: 4096, cut: 64 * 1024, first: 64 * 1024 };
/** Time for the gateway to prewarm its connections. */
const FIRST_PAUSE_MS = 1500;

async function openAll(job: Job): Promise<{ viewers: RawViewer[]; reopened: number }> {
  const viewers: RawViewer[] = [];
  let opened = 0;
  let tries = 0;
  const open = () => (tries++, RawViewer.open(new URL(job.url), READ_BYTES[job.kind]));
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

async function runFlood(viewers: RawViewer[], updates: number): Promise<Result> {
  const request = encodeFrame(2, buildRequest(updates));
  const began = performance.now();
  await Promise.all(viewers.map(async (viewer) => {
    const end = viewer.payloadBytes + updates * UPDATE_BYTES;
    await viewer.send(request);
    if (!await viewer.readTo(end)) throw new Error("A flood ended early");
  }));
  return { ms: performance.now() - began, bytes: viewers.length * updates * UPDATE_BYTES };
}

async function runEcho(viewers: RawViewer[], ms: number): Promise<Result> {
  const frame = encodeFrame(2, buildEcho());
  const timesMs: number[] = [];
  const began = performance.now();
  const until = began + ms;
  await Promise.all(viewers.map(async (viewer) => {
    for (let at = performance.now(); at < until;) {
      const end = viewer.payloadBytes + ECHO_BYTES;
      await viewer.send(frame);
      if (!await viewer.readTo(end)) throw new Error("An echo ended early");
      const now = performance.now();
      timesMs.push(now - at);
      at = now;
    }
  }));
  const took = performance.now() - began;
  const sorted = Float64Array.from(timesMs).sort();
  const pick = (share: number) => 1000 * (sorted[Math.floor(sorted.length * share)] ?? NaN);
  return { ms: took, echoes: sorted.length, p50Us: pick(0.5), p99Us: pick(0.99) };
}

/** One stream whose viewer keeps sending, as noVNC does; returns whether its end was lost. */
async function isTruncated(job: Job): Promise<boolean> {
  const updates = job.updates ?? 5;
  const viewer = await RawViewer.open(new URL(job.url), READ_BYTES.cut);
  const end = viewer.payloadBytes + updates * UPDATE_BYTES;
  await viewer.send(encodeFrame(2, buildRequest(updates)));
  const words = encodeFrame(2, buildRequest(1));
  const talk = setInterval(() => viewer.send(words).catch(() => {}), TALK_EVERY_MS);
  const whole = await viewer.readTo(end).catch(() => false);
  clearInterval(talk);
  await viewer.end();
  return !whole;
}

/** Opens sessions one after the other, each up to its first byte of picture. */
async function runFirst(job: Job): Promise<Result> {
  const timesMs: number[] = [];
  for (let round = 0; round < job.sessions; round++) {
    await new Promise((resolve) => setTimeout(resolve, FIRST_PAUSE_MS));
    const began = performance.now();
    const viewer = await RawViewer.open(new URL(job.url), READ_BYTES.first);
    await viewer.send(encodeFrame(2, buildRequest(1)));
    if (!await viewer.readTo(viewer.payloadBytes + 1)) throw new Error("No picture came");
    timesMs.push(performance.now() - began);
    await viewer.end();
  }
  return { ms: 0, firstMs: timesMs.sort((a, b) => a - b)[Math.floor(timesMs.length / 2)]! };
}

async function runCut(job: Job): Promise<Result> {
  const began = performance.now();
  let begun = 0;
  let truncated = 0;
  const runSome = async () => {
    while (begun++ < job.sessions) truncated += Number(await isTruncated(job));
  };
  await Promise.all(Array.from({ length: CUT_AT_ONCE }, runSome));
  return { ms: performance.now() - began, truncated };
}

function run(job: Job, viewers: RawViewer[]): Promise<Result> {
  if (job.kind === "flood") return runFlood(viewers, job.updates ?? 1);
  if (job.kind === "echo") return runEcho(viewers, job.ms ?? 1000);
  if (job.kind === "cut") return runCut(job);
  if (job.kind === "first") return runFirst(job);
  return Promise.resolve(listenOn(viewers));
}

/** Idle sessions keep reading, or a ping would stay unanswered. */
function listenOn(viewers: RawViewer[]): Result {
  for (const viewer of viewers) viewer.readTo(Infinity).catch(() => {});
  return { ms: 0 };
}

async function waitForLine(): Promise<void> {
  if (await Deno.stdin.read(new Uint8Array(16)) === null) Deno.exit(1);
}

if (import.meta.main) {
  const job = JSON.parse(Deno.args[0] ?? "") as Job;
  const opensItself = job.kind === "cut" || job.kind === "first";
  const { viewers, reopened } = opensItself ? { viewers: [], reopened: 0 } : await openAll(job);
  console.log("ready");
  await waitForLine();
  console.log(JSON.stringify({ ...await run(job, viewers), reopened } satisfies Result));
  await waitForLine();
  await Promise.all(viewers.map((viewer) => viewer.end()));
  Deno.exit(0);
}
