/** Signing in with a real browser over https: by password, two-factor authentication, login link and share link. */
import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { TOTP } from "otpauth";
import type { Page } from "playwright-core";
import { hashPassword } from "../../src/access/password.ts";
import { startGateway } from "../live/gateway.ts";
import { testWith } from "../live/programs.ts";
import { findFaults, isTooWide, SIZES } from "./audit_page.ts";
import { CHROMIUM, Chromium, keepPicture, waitForPhase } from "./chromium.ts";

const PASSWORD = "correct horse";
const SECURE = { ignoreHTTPSErrors: true };

const SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";

async function startGuarded(bob: { totp?: string } = {}) {
  const password = await hashPassword(PASSWORD);
  const users = { ada: { password, groups: ["admins"] }, bob: { password, ...bob } };
  const sources = {
    demo: { demo: true, title: "Demo desktop" },
    secret: { demo: true, title: "Secret desktop", allow: ["ada"] },
  };
  return await startGateway(sources, { tls: "auto" }, { users, login_link: true });
}

async function signIn(page: Page, name: string): Promise<void> {
  await page.fill("#name", name);
  await page.fill("#password", PASSWORD);
  await page.press("#password", "Enter");
}

testWith([CHROMIUM], "a user signs in with a password, comes back to the screen, and signs out", async () => {
  await using gateway = await startGuarded();
  await using browser = await Chromium.start();
  for (const javaScriptEnabled of [false, true]) {
    const page = await browser.openPage({ ...SECURE, javaScriptEnabled });
    const asked = await page.goto(new URL("site/vnc/demo?a=1", gateway.url).href);
    assertEquals(asked?.status(), 401);
    await page.fill("#name", "bob");
    await page.fill("#password", PASSWORD);
    await page.press("#password", "Enter");
    await page.waitForURL("**/site/vnc/demo?a=1");
    if (javaScriptEnabled) await waitForPhase(page, "open");
    const [cookie] = await page.context().cookies();
    assertEquals([cookie?.name, cookie?.secure, cookie?.httpOnly, cookie?.sameSite], [
      "__Host-porthole",
      true,
      true,
      "Lax",
    ]);
    await page.goto(gateway.url.href);
    assertEquals(await page.locator(".card").count(), 1);
    await page.goto(new URL("account", gateway.url).href);
    await page.click("text=Sign out");
    await page.waitForURL("**/sign-in");
    assertEquals((await page.goto(gateway.url.href))?.status(), 401);
    await page.context().close();
  }
  assertEquals(browser.complaints, []);
});

testWith([CHROMIUM], "the login link signs in, and no address keeps its token", async () => {
  await using gateway = await startGuarded();
  const [, link = ""] = await gateway.program.waitFor(/^porthole login (\S+)$/m);
  assertMatch(link, /\/sign-in#token=[\w-]{43}$/);
  await using browser = await Chromium.start();
  const page = await browser.openPage(SECURE);
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.goto(link);
  await page.waitForURL(gateway.url.href);
  assertEquals(await page.locator(".card").count(), 2);
  await page.goBack().catch(() => null);
  assertNotMatch(page.url(), /token/);
  const token = link.split("=")[1]!;
  assert(asked.length > 2 && !asked.some((url) => url.split("#")[0]!.includes(token)));
  assertEquals(browser.complaints, []);
});

testWith([CHROMIUM], "a share link shows its one screen, view-only, until it is revoked", async () => {
  await using gateway = await startGuarded();
  await using browser = await Chromium.start();
  const page = await browser.openPage(SECURE);
  await page.goto(new URL("account", gateway.url).href);
  await signIn(page, "ada");
  await page.waitForURL("**/account");
  await page.selectOption("#link-source", "secret");
  await page.fill("#link-label", "for eve");
  await page.click("text=Create link");
  const link = await page.textContent("#made-link") ?? "";
  const guest = await browser.openPage(SECURE);
  await guest.goto(link);
  await guest.waitForURL("**/site/vnc/secret");
  await waitForPhase(guest, "open");
  assertEquals(await guest.getAttribute("body", "data-view-only"), "true");
  await page.click("text=Revoke");
  await waitForPhase(guest, "ended");
  assertMatch(await guest.textContent("#notice") ?? "", /link/);
  assertEquals((await guest.goto(gateway.url.href))?.status(), 401);
  assertEquals(browser.complaints, []);
});

testWith([CHROMIUM], "a user sets up two-factor authentication and signs in with it", async () => {
  await using gateway = await startGuarded();
  await using browser = await Chromium.start();
  const page = await browser.openPage(SECURE);
  await page.goto(new URL("account", gateway.url).href);
  await signIn(page, "bob");
  await page.click("text=Set up");
  await keepPicture(page, "two-factor-offer");
  assertEquals(await findFaults(page), []);
  const secret = await page.textContent("p.quiet code") ?? "";
  const totp = new TOTP({ secret });
  await page.fill("#code", totp.generate());
  await page.click("text=Turn on");
  await page.waitForSelector("text=Turn off");
  await page.click("text=Sign out");
  await signIn(page, "bob");
  await page.waitForSelector("h1:has-text('Two-factor authentication')");
  await keepPicture(page, "two-factor");
  assertEquals(await findFaults(page), []);
  // The code that set it up is no longer valid: the test enters the next one, thirty seconds ahead.
  await page.fill("#code", totp.generate({ timestamp: Date.now() + 30_000 }));
  await page.press("#code", "Enter");
  await page.waitForSelector(".card");
  assertEquals(browser.complaints, []);
});

testWith([CHROMIUM], "the owner of an account reads of wrong codes, and a stranger of the wait", async (t) => {
  await using gateway = await startGuarded({ totp: SECRET });
  await using browser = await Chromium.start();
  const owner = await browser.openPage(SECURE);
  const totp = new TOTP({ secret: SECRET });
  const giveCode = async (page: Page, code: string) => {
    await page.fill("#code", code);
    await page.press("#code", "Enter");
  };
  await owner.goto(new URL("account", gateway.url).href);
  await signIn(owner, "bob");
  await giveCode(owner, totp.generate());
  await owner.waitForURL("**/account");
  for (const [size, options] of Object.entries(SIZES)) {
    const stranger = await browser.openPage({ ...SECURE, ...options });
    await stranger.goto(new URL("sign-in", gateway.url).href);
    await signIn(stranger, "bob");
    for (let wrong = 0; size === "desktop" && wrong < 5; wrong++) {
      await giveCode(stranger, "00 00 00");
      await stranger.waitForSelector("[role=alert]");
    }
    if (size === "desktop") await giveCode(stranger, "000000");
    await stranger.waitForSelector("[role=alert]:has-text('Too many wrong codes for this account')");
    await t.step(`locked, ${size}`, () => keepPicture(stranger, `codes-locked-${size}`));
    await owner.setViewportSize(options.viewport);
    await owner.goto(new URL("account", gateway.url).href);
    assertMatch(await owner.textContent("section.callout") ?? "", /5 wrong codes/);
    await keepPicture(owner, `code-warning-${size}`);
    assertEquals(await findFaults(owner), []);
    assert(!await isTooWide(owner));
  }
  await owner.click("text=I have seen this");
  await owner.waitForURL("**/account");
  assertEquals(await owner.locator("section.callout").count(), 0);
  assertEquals(browser.complaints, []);
});

testWith([CHROMIUM], "the sign-in pages pass axe in light and dark, on desktop and phone", async (t) => {
  await using gateway = await startGuarded();
  await using browser = await Chromium.start();
  for (const colorScheme of ["light", "dark"] as const) {
    for (const [size, options] of Object.entries(SIZES)) {
      const page = await browser.openPage({ ...SECURE, colorScheme, ...options });
      const check = (name: string) =>
        t.step(`${name}, ${colorScheme}, ${size}`, async () => {
          await keepPicture(page, `${name}-${colorScheme}-${size}`);
          assertEquals(await findFaults(page), []);
          assert(!await isTooWide(page));
        });
      const open = (path: string) => page.goto(new URL(path, gateway.url).href);
      await open("share");
      await check("share");
      await open("sign-in?next=/account");
      await check("sign-in");
      await page.fill("#name", "ada");
      await page.fill("#password", "wrong");
      await page.press("#password", "Enter");
      await page.waitForSelector("[role=alert]");
      await check("sign-in-refused");
      await signIn(page, "ada");
      await page.waitForURL("**/account");
      await page.selectOption("#link-source", "demo");
      await page.fill("#link-label", "Grandmother, for the afternoon");
      await page.click("text=Create link");
      await page.waitForSelector("#made-link");
      await check("account");
      await open("audit");
      await check("audit");
      await page.context().close();
    }
  }
  assertEquals(browser.complaints, []);
});
