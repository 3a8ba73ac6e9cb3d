/** The pages that come before any other: refusals of the guards, and addresses without a page. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Page } from "playwright-core";
import { startGateway } from "../live/gateway.ts";
import { testWith } from "../live/programs.ts";
import { findFaults, isTooWide, SIZES } from "./audit_page.ts";
import { CHROMIUM, Chromium, keepPicture } from "./chromium.ts";

/** A long name of the public DNS, as DNS rebinding uses it, which leads to this machine. */
const REBOUND = "a-name-of-the-public-dns-that-is-longer-than-a-phone-is-wide.example.com";

interface EarlyPage {
  readonly name: string;
  readonly status: number;
  readonly says: string;
  readonly open: (page: Page, gateway: URL) => Promise<unknown>;
}

/** Posts a form from a page, whose place its answer takes. */
async function post(page: Page, url: string, from: string, characters: number): Promise<void> {
  await page.goto(from);
  await page.evaluate(([action, count]) => {
    const form = Object.assign(document.createElement("form"), { method: "post", action });
    const field = Object.assign(document.createElement("input"), { name: "secret", value: "x".repeat(Number(count)) });
    form.append(field);
    document.body.append(form);
    form.submit();
  }, [url, String(characters)] as const);
}

const PAGES: readonly EarlyPage[] = [
  {
    name: "host-refused",
    status: 403,
    says: `does not serve ${REBOUND}`,
    open: (page, { port }) => page.goto(`http://${REBOUND}:${port}/vnc/site/vnc/demo`),
  },
  {
    name: "headers-too-large",
    status: 431,
    says: "exceed 32 KiB",
    open: async (page, { href }) => {
      const cookies = Array.from({ length: 10 }, (_, at) => ({ name: `c${at}`, value: "x".repeat(3_900), url: href }));
      await page.context().addCookies(cookies);
      await page.goto(href);
    },
  },
  { name: "not-found", status: 404, says: "nothing at", open: (page, { href }) => page.goto(`${href}no/such/page/`) },
  { name: "no-source", status: 404, says: "does not exist", open: (page, { href }) => page.goto(`${href}site/vnc/no`) },
  { name: "upgrade", status: 426, says: "WebSockets", open: (page, { href }) => page.goto(`${href}ws/vnc/demo`) },
  {
    name: "no-method",
    status: 405,
    says: "only supports",
    open: (page, { href }) => post(page, href, `${href}share`, 1),
  },
  {
    name: "body-too-large",
    status: 413,
    says: "exceeds 64 KiB",
    open: (page, { href }) => post(page, `${href}share`, `${href}share`, 70_000),
  },
];

testWith([CHROMIUM], "early pages have their style on desktop and phone, below a base path too", async (t) => {
  await using gateway = await startGateway({ demo: { demo: true } }, { base_path: "/vnc/" });
  await using browser = await Chromium.start(`--host-resolver-rules=MAP ${REBOUND} 127.0.0.1`);
  for (const [size, options] of Object.entries(SIZES)) {
    for (const { name, status, says, open } of PAGES) {
      await t.step(`${name}, ${size}`, async () => {
        const page = await browser.openPage(options);
        await open(page, gateway.url);
        await page.waitForSelector(".error-status");
        await page.waitForLoadState();
        await keepPicture(page, `early-${name}-${size}`);
        assertEquals(await page.textContent(".error-status"), String(status));
        assertStringIncludes(await page.innerText("main"), says);
        assert(await page.evaluate(() => getComputedStyle(document.body).margin === "0px"), "the style is missing");
        assertEquals(await page.evaluate(() => document.querySelector("img")?.naturalWidth !== 0), true);
        assertEquals(await findFaults(page), []);
        assert(!await isTooWide(page));
        await page.context().close();
      });
    }
  }
  assertEquals(browser.complaints, []);
});
