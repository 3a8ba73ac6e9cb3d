/** Debian's Chromium, driven by playwright-core. */
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { CHROMIUM, findProgram } from "../live/programs.ts";

export { CHROMIUM };

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A browser that ends with the test. */
export class Chromium implements AsyncDisposable {
  readonly #browser: Browser;
  /** Problems of pages: script errors, and what the Content-Security-Policy refused. */
  readonly complaints: string[] = [];

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  /** Starts it, with more flags. */
  static async start(...flags: readonly string[]): Promise<Chromium> {
    return new Chromium(
      await chromium.launch({ executablePath: findProgram(CHROMIUM)!, args: [...FLAGS, ...flags] }),
    );
  }

  /** A page with its own cookies, storage and permissions. */
  async openPage(options: BrowserContextOptions = {}): Promise<Page> {
    const context = await this.#browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    context.setDefaultTimeout(30_000);
    const page = await context.newPage();
    page.on("pageerror", ({ message }) => this.complaints.push(message));
    page.on("console", (message) => {
      if (/Content Security Policy|violates/i.test(message.text())) this.complaints.push(message.text());
    });
    return page;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}

/** Resolves when the viewer page is in this phase. */
export async function waitForPhase(page: Page, phase: string): Promise<void> {
  await page.waitForSelector(`body[data-phase=${phase}]`, { timeout: 30_000 });
}

/** Saves a screenshot of the page in the folder PORTHOLE_SCREENSHOTS, if that is set. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  const folder = Deno.env.get("PORTHOLE_SCREENSHOTS");
  if (folder === undefined) return;
  await page.bringToFront();
  // What fades in, such as the viewer page's notice, is waited for; a spinner has no end.
  await page.waitForFunction(() =>
    document.getAnimations().every(({ playState, effect }) =>
      playState !== "running" || effect?.getComputedTiming().endTime === Infinity
    )
  );
  await page.screenshot({ path: `${folder}/${name}.png` });
}
