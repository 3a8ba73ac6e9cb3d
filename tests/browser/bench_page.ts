/**
 * The bench's load in Chromium, a process of its own with the same steps as tests/bench/load.ts: the viewer pages themselves, ours and
 * noVNC's, as a person opens them. What happens in them is seen from outside: on their canvas, and on what they send.
 */
import type { Page } from "playwright-core";
import { CuttingProxy } from "../bench/cutting_proxy.ts";
import { Chromium } from "./chromium.ts";
import { type Job, type Result, sumUpTimes } from "../bench/job.ts";
import { waitForLine } from "../bench/steps.ts";
import { SCREEN_SIDE } from "../bench/wire.ts";

/** What the watcher in the page has seen so far. */
interface Seen {
  /** Time from the navigation to the first pixels, or 0 while there are none. */
  firstMs: number;
  /** When each FramebufferUpdateRequest was sent. */
  requestsMs: number[];
  /** When RFB bytes came, and how many there were by then, counted from the first request. */
  arrivalsMs: number[];
  bytes: number;
}

/** Requests before the page has settled. */
const WARM_REQUESTS = 5;
const UPDATE_REQUEST = 3;
/** Frames after which a stream is said to flow. */
const FLOWING_ARRIVALS = 200;
const TIMEOUT_MS = 60_000;

/** Runs in the page before its own scripts. noVNC asks for the next update when it has drawn the one before. */
function watch({ side, type }: { side: number; type: number }): void {
  const seen: Seen = { firstMs: 0, requestsMs: [], arrivalsMs: [], bytes: 0 };
  Object.assign(globalThis, { seen });
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    const bytes = ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : [];
    if (bytes[0] === type && bytes.length === 10) seen.requestsMs.push(performance.now());
    send.call(this, data);
  };
  // noVNC before 1.4 looks for `send` in the socket's own prototype, so this is no subclass.
  globalThis.WebSocket = new Proxy(WebSocket, {
    construct(native, args) {
      const socket: WebSocket = Reflect.construct(native, args);
      socket.addEventListener("message", ({ data }) => {
        if (typeof data === "string" || seen.requestsMs.length === 0) return;
        seen.bytes += data.byteLength ?? data.size;
        seen.arrivalsMs.push(performance.now());
      });
      return socket;
    },
  });
  const look = () => {
    const screen = [...document.querySelectorAll("canvas")].find(({ width }) => width === side);
    const pixel = screen?.getContext("2d")?.getImageData(side / 2, side / 2, 1, 1).data;
    if (pixel === undefined || pixel[0]! + pixel[1]! + pixel[2]! === 0) requestAnimationFrame(look);
    else seen.firstMs = performance.now();
  };
  requestAnimationFrame(look);
}

async function openPage(browser: Chromium, url: string): Promise<Page> {
  const page = await browser.openPage({ ignoreHTTPSErrors: true });
  await page.addInitScript(watch, { side: SCREEN_SIDE, type: UPDATE_REQUEST });
  await page.goto(url);
  return page;
}

function readSeen(page: Page): Promise<Seen> {
  return page.evaluate(() => (globalThis as unknown as { seen: Seen }).seen);
}

/** Waits in the page, without asking it again and again. */
async function waitForSeen(page: Page, requests: number): Promise<Seen> {
  await page.waitForFunction(
    (least) => {
      const { seen } = globalThis as unknown as { seen: Seen };
      return seen.requestsMs.length >= least && (least > 0 || seen.firstMs > 0);
    },
    requests,
    { timeout: TIMEOUT_MS, polling: 100 },
  );
  return await readSeen(page);
}

/** Waits until the stream has flowed a while since so many arrivals. */
async function waitForArrivals(page: Page, since: number): Promise<Seen> {
  await page.waitForFunction(
    (least) => (globalThis as unknown as { seen: Seen }).seen.arrivalsMs.length > least,
    since + FLOWING_ARRIVALS,
    { timeout: TIMEOUT_MS, polling: 100 },
  );
  return await readSeen(page);
}

/** Every time with an empty cache, as on the first visit. */
async function runFirstPixels(browser: Chromium, { url, sessions }: Job): Promise<Result> {
  const timesMs: number[] = [];
  for (let turn = 0; turn < sessions; turn++) {
    const page = await openPage(browser, url);
    timesMs.push((await waitForSeen(page, 0)).firstMs);
    await page.context().close();
  }
  return { ms: 0, ...sumUpTimes(timesMs) };
}

/** From each request to the next: a round trip, two pieces, and the drawing. */
async function runPagePieces(browser: Chromium, { url, updates = 1 }: Job): Promise<Result> {
  const page = await openPage(browser, url);
  const { requestsMs } = await waitForSeen(page, updates + WARM_REQUESTS + 1);
  const settled = requestsMs.slice(WARM_REQUESTS);
  await page.context().close();
  return { ms: 0, ...sumUpTimes(settled.slice(1).map((at, index) => at - settled[index]!)) };
}

/** How long the picture stands still around each cut of the connection. */
async function runPageCut(browser: Chromium, { url, updates = 1 }: Job): Promise<Result> {
  using proxy = new CuttingProxy(new URL(url));
  const page = await openPage(browser, proxy.url.href);
  const timesMs: number[] = [];
  let seen = await waitForArrivals(page, 0);
  for (let turn = 0; turn < updates; turn++) {
    const before = seen.arrivalsMs.length;
    proxy.cut();
    // What had been on its way still comes; the gap is over when much has come after it.
    seen = await waitForArrivals(page, before);
    const since = seen.arrivalsMs.slice(before - 1);
    timesMs.push(Math.max(...since.slice(1).map((at, index) => at - since[index]!)));
  }
  await page.context().close();
  return { ms: 0, ...sumUpTimes(timesMs) };
}

/** What comes over a slow link, in the second half of the time. */
async function runPageLink(browser: Chromium, { url, ms = 1000 }: Job): Promise<Result> {
  const page = await openPage(browser, url);
  await page.waitForFunction(() => (globalThis as unknown as { seen: Seen }).seen.bytes > 0, null, {
    timeout: TIMEOUT_MS,
    polling: 100,
  });
  const readBytes = () =>
    page.evaluate(() => [performance.now(), (globalThis as unknown as { seen: Seen }).seen.bytes] as const);
  await new Promise((resolve) => setTimeout(resolve, ms / 2));
  const [began, before] = await readBytes();
  await new Promise((resolve) => setTimeout(resolve, ms / 2));
  const [ended, after] = await readBytes();
  return { ms: ended - began, bytes: after - before, received: after };
}

const JOBS: Readonly<Partial<Record<Job["kind"], (browser: Chromium, job: Job) => Promise<Result>>>> = {
  page_first: runFirstPixels,
  page_pieces: runPagePieces,
  page_cut: runPageCut,
  page_link: runPageLink,
};

if (import.meta.main) {
  const job = JSON.parse(Deno.args[0] ?? "") as Job;
  const browser = await Chromium.start();
  console.log("ready");
  await waitForLine();
  console.log(JSON.stringify(await JOBS[job.kind]!(browser, job)));
  await waitForLine();
  await browser[Symbol.asyncDispose]();
  Deno.exit(0);
}
