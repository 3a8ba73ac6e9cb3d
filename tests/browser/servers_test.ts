import { assertMatch } from "@std/assert";
import type { Page } from "playwright-core";
import { waitUntil } from "../fakes/wait_until.ts";
import { startGateway } from "../live/gateway.ts";
import { type Mode, MODES, REFUSED } from "../live/modes.ts";
import { findPlaces, type LiveServer, startServer, testMode } from "../live/servers.ts";
import { CHROMIUM, Chromium, keepPicture, waitForPhase } from "./chromium.ts";

const places = await findPlaces();

for (const mode of MODES) {
  const outcome = mode.spoken === undefined ? "a browser says why it cannot be opened" : "a browser shows its screen";
  testMode(mode, places, { what: `${mode.name}: ${outcome}`, programs: [CHROMIUM] }, () => tryMode(mode));
}

async function tryMode(mode: Mode): Promise<void> {
  await using server = await startServer(mode, places);
  await using gateway = await startGateway({
    right: describeSource(mode, server),
    ...(mode.login === undefined ? {} : { wrong: { ...describeSource(mode, server), password: "wrong999" } }),
  });
  await using browser = await Chromium.start();
  const open = async (name: string) => {
    const page = await browser.openPage();
    await page.goto(new URL(`site/vnc/${name}`, gateway.url).href);
    return page;
  };
  if (mode.spoken === undefined) return await waitForSentence(await open("right"), mode.advice!);
  const page = await open("right");
  await waitForPicture(page);
  await keepPicture(page, mode.name.replace(/\W+/g, "-"));
  if (mode.login !== undefined) await waitForSentence(await open("wrong"), REFUSED);
}

/** The source with all that is needed to open it, so that the page does not ask. */
function describeSource({ login, ca }: Mode, { address, lab }: LiveServer) {
  return { ...address, ...login, title: "Live", ...(ca ? { tls: { ca: `${lab.folder}/ca.crt` } } : {}) };
}

/** More than a pointer on black has, and less than a text screen. */
const LIT_PIXELS = 1_000;

/** Whether the screen has a plausible size and is not black. */
async function waitForPicture(page: Page): Promise<void> {
  await waitForPhase(page, "open");
  await waitUntil(() =>
    page.evaluate((enough) => {
      const canvas = document.querySelector<HTMLCanvasElement>("#screen canvas");
      if (!canvas || canvas.width < 640 || canvas.height < 400) return false;
      const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
      return new Uint32Array(data.buffer).filter((pixel) => (pixel & 0xffffff) !== 0).length > enough;
    }, LIT_PIXELS), "a picture");
}

async function waitForSentence(page: Page, sentence: RegExp): Promise<void> {
  const words = await waitUntil(async () => {
    const text = await page.innerText("body");
    return text.split("\n").find((line) => line.startsWith("Cannot open")) ?? false;
  }, "the gateway's sentence");
  assertMatch(words, sentence);
}
