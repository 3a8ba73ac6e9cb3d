import { assert, assertEquals } from "@std/assert";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { startGateway } from "../live/gateway.ts";
import { testWith } from "../live/programs.ts";
import { Xvnc } from "../live/xvnc.ts";
import { CHROMIUM, Chromium, keepPicture } from "./chromium.ts";

const DESKTOP = { viewport: { width: 1280, height: 800 } };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** What axe finds wrong, as short lines; https://github.com/dequelabs/axe-core/blob/develop/doc/rule-descriptions.md */
async function findFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source); // Outside the page's own scripts, so the page's policy stays as strict as it is
  return await page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run();
    return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target}`));
  });
}

/** Whether the page is wider than the window, so that a phone would have to scroll sideways. */
const isTooWide = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth > innerWidth);

testWith([CHROMIUM, "Xvnc"], "every page is without fault in light and dark, on desktop and phone", async (t) => {
  await using xvnc = await Xvnc.start();
  await using gateway = await startGateway({
    workshop: { host: "127.0.0.1", port: xvnc.port, title: "Workshop PC", group: "Upstairs" },
    kiosk: { host: "127.0.0.1", port: xvnc.port, title: "Kiosk", view_only: true },
    gone: { host: "127.0.0.1", port: 1, title: "Gone", group: "Upstairs" },
    ...Object.fromEntries(["a", "b", "c", "d", "e", "f"].map((name) => [`lab-${name}`, "127.0.0.1:1"])),
  });
  await using browser = await Chromium.start();
  for (const colorScheme of ["light", "dark"] as const) {
    for (const [size, options] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
      const page = await browser.openPage({ colorScheme, ...options });
      const check = (name: string) =>
        t.step(`${name}, ${colorScheme}, ${size}`, async () => {
          await keepPicture(page, `${name}-${colorScheme}-${size}`);
          assertEquals(await findFaults(page), []);
          assert(!await isTooWide(page));
        });
      const open = (path: string) => page.goto(new URL(path, gateway.url).href);
      await open("");
      await check("board");
      await open("nothing");
      await check("error");
      await open("site/vnc/workshop");
      await page.waitForSelector("body[data-phase=open]");
      await check("viewer");
      for (const panel of ["keys", "clipboard", "display"]) {
        await page.click(`#tool-${panel}`);
        await check(`panel-${panel}`);
      }
      await open("site/vnc/gone");
      await page.waitForSelector("body[data-phase=waiting]");
      await page.evaluate(() => Promise.all(document.getAnimations().map((animation) => animation.ready)));
      await page.waitForFunction(() => getComputedStyle(document.querySelector("#notice")!).opacity === "1");
      await check("waiting");
      await page.context().close();
    }
  }
  assertEquals(browser.complaints, []);
});

testWith([CHROMIUM, "Xvnc"], "the keyboard reaches everything and is not caught by the remote screen", async () => {
  await using xvnc = await Xvnc.start();
  await using gateway = await startGateway({ workshop: `127.0.0.1:${xvnc.port}` });
  await using browser = await Chromium.start();
  const page = await browser.openPage();
  const focused = () => page.evaluate(() => document.activeElement?.id || document.activeElement?.tagName);
  await page.goto(gateway.url.href);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForSelector("body[data-phase=open]");
  assertEquals(await focused(), "CANVAS");
  await page.keyboard.press("Tab");
  assertEquals(await focused(), "CANVAS");
  await page.waitForSelector("#bar-body", { state: "hidden" });
  await page.keyboard.press("Control+Alt+Shift");
  assertEquals(await focused(), "tool-keys");
  await page.keyboard.press("Enter");
  assert(await page.isVisible("#panel-keys"));
  await page.keyboard.press("Escape");
  assert(await page.isHidden("#panel-keys"));
  assertEquals(await focused(), "tool-keys");
});
