/** Servers that noVNC by itself ends the session of, in both modes. */
import { assertEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { COLOUR_MAP, COLOURS, HIGH_COLOUR, type Oddity, playOddSource, SERVER_STATE } from "../fakes/odd_source.ts";
import { startFakeRfb } from "../fakes/rfb_server.ts";
import { waitUntil } from "../fakes/wait_until.ts";
import { startGateway } from "../live/gateway.ts";
import { testWith } from "../live/programs.ts";
import { CHROMIUM, Chromium, waitForPhase } from "./chromium.ts";

const GREY = 200;

/** Oddities that must not matter. */
const SHOWN: Record<string, Oddity> = {
  "a colour map": { format: COLOUR_MAP, before: COLOURS },
  "colour map entries, although pixels are colours": { before: COLOURS },
  "UltraVNC's ServerState": { before: SERVER_STATE },
  "an xvp message of another kind": { before: [250, 0, 1, 9] },
};
/** Those that must be named. */
const NAMED: Record<string, readonly [Oddity, string]> = {
  "an unknown message": [{ before: [127, 0, 0, 0] }, "type 127 (VMware)"],
  "an unknown encoding": [{ before: [0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 255, 255, 0, 3] }, "-65533"],
  "16 bits, whatever is asked": [{ format: HIGH_COLOUR, keepsFormat: true }, "insists on 16 bits per pixel"],
};
/** The viewer logs in; the gateway logs in; it filters, too. */
const SETTINGS = { passed: {}, viewed: { view_only: true }, filtered: { clipboard: "none" } };

testWith([CHROMIUM], "a page shows a source that sends what nobody asked for, and stays connected", async (t) => {
  await using browser = await Chromium.start();
  for (const [name, oddity] of Object.entries(SHOWN)) {
    await t.step(name, () =>
      openEach(browser, oddity, async (page) => {
        await waitForPhase(page, "open");
        await waitUntil(async () => await readPixel(page) === GREY, "the picture");
      }));
  }
  assertEquals(browser.complaints, []);
});

testWith([CHROMIUM], "a page names what it cannot show of a source, and does not try again", async (t) => {
  await using browser = await Chromium.start();
  for (const [name, [oddity, words]] of Object.entries(NAMED)) {
    await t.step(name, () =>
      openEach(browser, oddity, async (page) => {
        await waitForPhase(page, "ended");
        const sentence = await page.textContent("#notice-sentence") ?? "";
        assertEquals(sentence.includes(words), true, sentence);
      }));
  }
});

/** Opens the source in each of the settings. */
async function openEach(browser: Chromium, oddity: Oddity, check: (page: Page) => Promise<void>): Promise<void> {
  await using fake = await startFakeRfb({ script: (stream) => playOddSource(stream, oddity).catch(() => {}) });
  const address = { host: "127.0.0.1", port: fake.port };
  const sources = Object.entries(SETTINGS).map(([name, settings]) => [name, { ...address, ...settings }]);
  await using gateway = await startGateway(Object.fromEntries(sources));
  for (const name of Object.keys(SETTINGS)) {
    const page = await browser.openPage();
    await page.goto(new URL(`site/vnc/${name}`, gateway.url).href);
    await check(page);
    await page.close();
  }
}

/** The green of one pixel. */
function readPixel(page: Page): Promise<number | undefined> {
  return page.evaluate(() =>
    document.querySelector<HTMLCanvasElement>("#screen canvas")?.getContext("2d")?.getImageData(9, 9, 1, 1).data[1]
  );
}
