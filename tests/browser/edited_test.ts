/** Edits of sources.yaml while a viewer page shows the source. */
import { assertEquals } from "@std/assert";
import { waitUntil } from "../fakes/wait_until.ts";
import { testWith } from "../live/programs.ts";
import { Place } from "../process/porthole.ts";
import { CHROMIUM, Chromium, keepPicture, waitForPhase } from "./chromium.ts";

const write = (keys: string) =>
  `gateway: { listen: "127.0.0.1:0", tls: none }
auth: none
sources: { pi: { demo: true, ${keys} } }
`;

testWith([CHROMIUM], "a page shows the new title of its screen at once, and does not reconnect", async () => {
  await using place = await Place.make(write("title: Old name"));
  const gateway = await place.serve();
  await using browser = await Chromium.start();
  const page = await browser.openPage();
  let sockets = 0;
  page.on("websocket", () => sockets++);
  await page.goto(new URL("site/vnc/pi", gateway.url).href);
  await waitForPhase(page, "open");
  assertEquals(await page.title(), "Old name – Porthole");
  await place.edit(write("title: New name, clipboard_limit: 2KiB"));
  await page.waitForFunction(() => document.title === "New name – Porthole");
  const shown = await page.evaluate(() => [
    document.querySelector("h1")?.textContent,
    document.getElementById("credentials-title")?.textContent,
    document.getElementById("identity-title")?.textContent,
    document.getElementById("tools")?.ariaLabel,
    document.querySelector("#screen canvas")?.ariaLabel?.replace(/\..*/, ""),
  ]);
  assertEquals(shown, [
    "New name",
    "Log in to New name",
    "Is this New name?",
    "Tools for New name",
    "Remote screen of New name",
  ]);
  await keepPicture(page, "viewer-renamed");
  assertEquals([sockets, await page.evaluate(() => document.body.dataset.phase)], [1, "open"]);
  await place.edit(write("title: New name, view_only: true"));
  await waitUntil(() => sockets === 2, "another session");
  await waitForPhase(page, "open");
  assertEquals(sockets, 2);
  assertEquals(browser.complaints, []);
});
