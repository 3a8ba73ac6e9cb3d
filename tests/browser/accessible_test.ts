import { assert, assertEquals } from "@std/assert";
import { startGateway } from "../live/gateway.ts";
import { testWith } from "../live/programs.ts";
import { Xvnc } from "../live/xvnc.ts";
import { findFaults, isTooWide, SIZES } from "./audit_page.ts";
import { CHROMIUM, Chromium, keepPicture } from "./chromium.ts";

testWith([CHROMIUM, "Xvnc"], "every page passes axe in light and dark, on desktop and phone", async (t) => {
  await using xvnc = await Xvnc.start();
  await using gateway = await startGateway({
    workshop: { host: "127.0.0.1", port: xvnc.port, title: "Workshop PC", group: "Upstairs" },
    kiosk: { host: "127.0.0.1", port: xvnc.port, title: "Kiosk", view_only: true },
    gone: { host: "127.0.0.1", port: 1, title: "Gone", group: "Upstairs" },
    ...Object.fromEntries(["a", "b", "c", "d", "e", "f"].map((name) => [`lab-${name}`, "127.0.0.1:1"])),
  });
  await using browser = await Chromium.start();
  for (const colorScheme of ["light", "dark"] as const) {
    for (const [size, options] of Object.entries(SIZES)) {
      const page = await browser.openPage({ colorScheme, ...options });
      const check = (name: string) =>
        t.step(`${name}, ${colorScheme}, ${size}`, async () => {
          await keepPicture(page, `${name}-${colorScheme}-${size}`);
          assertEquals(await findFaults(page), []);
          assert(!await isTooWide(page));
        });
      const open = (path: string) => page.goto(new URL(path, gateway.url).href);
      await open("");
      await check("dashboard");
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

testWith([CHROMIUM, "Xvnc"], "the keyboard reaches everything, and the remote screen does not trap it", async () => {
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
