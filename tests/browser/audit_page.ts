/** Checks of every page: it passes axe, and is no wider than its window. */
import axe from "axe-core";
import type { Page } from "playwright-core";

/** A desktop's and a phone's window. */
export const SIZES = {
  desktop: { viewport: { width: 1280, height: 800 } },
  phone: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true },
} as const;

/** The violations that axe finds, as short lines; https://github.com/dequelabs/axe-core/blob/develop/doc/rule-descriptions.md */
export async function findFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source); // Outside the page's own scripts, so the page's policy stays as strict as it is
  return await page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run();
    return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target}`));
  });
}

/** Whether the page is wider than the window, so that a phone would have to scroll sideways. */
export function isTooWide(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
}
