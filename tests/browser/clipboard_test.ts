/** The clipboard panel tells what became of a text. */
import { assertEquals, assertMatch } from "@std/assert";
import type { Page } from "playwright-core";
import { startFakeRfb } from "../fakes/rfb_server.ts";
import { waitUntil } from "../fakes/wait_until.ts";
import { startGateway } from "../live/gateway.ts";
import { testWith } from "../live/programs.ts";
import { CHROMIUM, Chromium, keepPicture, waitForPhase } from "./chromium.ts";

const readNote = (page: Page) => page.innerText("#clipboard-note");

for (const clipboard of ["in", "both"]) {
  testWith(
    [CHROMIUM],
    `a text longer than clipboard_limit is not sent, and the panel says so (clipboard: ${clipboard})`,
    async () => {
      await using fake = await startFakeRfb();
      const source = { host: "127.0.0.1", port: fake.port, clipboard, clipboard_limit: "100KiB" };
      await using gateway = await startGateway({ pi: source });
      await using browser = await Chromium.start();
      const page = await browser.openPage();
      await page.goto(new URL("site/vnc/pi", gateway.url).href);
      await waitForPhase(page, "open");
      await page.click("#tool-clipboard");
      const send = async (text: string) => {
        await page.evaluate((text) => {
          const box = document.querySelector<HTMLTextAreaElement>("#clipboard-text");
          if (box !== null) box.value = text;
        }, text);
        await page.click("#clipboard-send");
        return await readNote(page);
      };
      const refused = "Not sent: the text is 2.9 MiB long, and this screen accepts at most 100 KiB.";
      assertEquals(await send("x".repeat(3_000_000)), refused);
      await keepPicture(page, "viewer-clipboard-limit");
      assertEquals(await send("x".repeat(100_000)), "Sent to the remote screen.");
      await waitUntil(() => fake.seen("ClientCutText").length > 0, "the text");
      assertEquals(fake.seen("ClientCutText").map(({ text }) => text.length), [100_000]);
      await page.click("#tool-disconnect");
      await waitForPhase(page, "ended");
      if (!await page.isVisible("#clipboard-send")) await page.click("#tool-clipboard");
      assertEquals(await send("late"), "Not sent: this page is not connected.");
      await page.click("#clipboard-type");
      await page.waitForFunction(() => /Stopped/.test(document.getElementById("clipboard-note")?.textContent ?? ""));
      assertMatch(await readNote(page), /only a part/);
      assertEquals(browser.complaints, []);
    },
  );
}
