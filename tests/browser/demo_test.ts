import { assert, assertEquals, assertNotEquals } from "@std/assert";
import type { Page } from "playwright-core";
import { waitUntil } from "../fakes/wait_until.ts";
import { startGateway } from "../live/gateway.ts";
import { testWith } from "../live/programs.ts";
import { Xvnc } from "../live/xvnc.ts";
import { layOut } from "../../src/demo/layout.ts";
import type { Rect } from "../../src/demo/rect.ts";
import { CHROMIUM, Chromium, keepPicture } from "./chromium.ts";

/** The pixels of a part of the remote screen. */
function readPixels(page: Page, { x, y, width, height }: Rect): Promise<string> {
  return page.evaluate(([x, y, width, height]) => {
    const canvas = document.querySelector<HTMLCanvasElement>("#screen canvas");
    return canvas?.getContext("2d")?.getImageData(x!, y!, width!, height!).data.join() ?? "";
  }, [x, y, width, height]);
}

/** The demo at its own size with the toolbar above it, so that the picture shows both whole. */
const VIEWPORT = { viewport: { width: 1024, height: 768 + 2 * 48 } };

// docs/dashboard.png comes from here: PORTHOLE_SCREENSHOTS=docs.
testWith([CHROMIUM, "Xvnc"], "the demo desktop shows in a browser what the user types and clicks", async () => {
  await using xvnc = await Xvnc.start();
  await using gateway = await startGateway({
    demo: { demo: true, title: "Demo desktop" },
    pi: { host: "127.0.0.1", port: xvnc.port, title: "Raspberry Pi", group: "Upstairs" },
    workshop: { host: "127.0.0.1", port: xvnc.port, title: "Workshop PC", group: "Upstairs" },
    kiosk: { host: "127.0.0.1", port: xvnc.port, title: "Kiosk", group: "Hall", view_only: true },
    till: { host: "127.0.0.1", port: 1, title: "Till", group: "Hall" },
  });
  await using browser = await Chromium.start();
  const page = await browser.openPage(VIEWPORT);
  await page.goto(gateway.url.href);
  await page.waitForFunction(() => document.querySelectorAll(".card[data-status=up]").length === 4);
  await keepPicture(page, "dashboard");

  await page.click("text=Demo desktop");
  await page.waitForSelector("body[data-phase=open]");
  const { typed } = layOut(1024, 768);
  await waitUntil(async () => /[1-9]/.test((await readPixels(page, typed)).replaceAll("255", "")), "the first picture");
  const before = await readPixels(page, typed);
  await page.keyboard.type("Hello from a browser");
  await waitUntil(async () => await readPixels(page, typed) !== before, "the typed text");
  const box = await page.locator("#screen canvas").boundingBox();
  assert(box);
  const spot = { x: 190, y: 350, width: 20, height: 20 };
  const unlit = await readPixels(page, spot);
  const scale = box.width / 1024;
  await page.mouse.move(box.x + 200 * scale, box.y + 360 * scale);
  await waitUntil(async () => await readPixels(page, spot) !== unlit, "the spot below the pointer");
  assertNotEquals(await readPixels(page, typed), before);
  await keepPicture(page, "demo");
  assertEquals(browser.complaints, []);
});
