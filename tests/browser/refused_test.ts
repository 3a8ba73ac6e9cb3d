/** What the viewer page says when its WebSocket does not open, and what it does about it. */
import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import type { Page } from "playwright-core";
import { hashPassword } from "../../src/access/password.ts";
import { startGateway } from "../live/gateway.ts";
import { testWith } from "../live/programs.ts";
import { Xvnc } from "../live/xvnc.ts";
import { CHROMIUM, Chromium, keepPicture, waitForPhase } from "./chromium.ts";
import { dropHeaders, HeadProxy } from "./head_proxy.ts";

const SOURCES = { demo: { demo: true, title: "Demo desktop" } };

const waitForSentence = (page: Page, pattern: RegExp) =>
  page.waitForFunction(
    (source) => new RegExp(source).test(document.getElementById("notice-sentence")?.textContent ?? ""),
    pattern.source,
    { timeout: 30_000 },
  );

const readNotice = (page: Page) => page.innerText("#notice");

/** Records every sentence that the notice shows, however short. */
const recordSentences = (page: Page) =>
  page.addInitScript(() => {
    const said = (globalThis as unknown as { said: string[] }).said = [];
    new MutationObserver(() => {
      const text = document.getElementById("notice-sentence")?.textContent ?? "";
      if (text !== "" && said.at(-1) !== text) (said as string[]).push(text);
    }).observe(document, { subtree: true, childList: true, characterData: true });
  });

const listSentences = (page: Page) => page.evaluate(() => (globalThis as unknown as { said: string[] }).said);

async function openPage(browser: Chromium, port: number | string): Promise<Page> {
  const page = await browser.openPage();
  await recordSentences(page);
  await page.goto(`http://127.0.0.1:${port}/site/vnc/demo`);
  return page;
}

testWith([CHROMIUM], "a viewer page beyond a limit says which, counts down and opens when there is room", async () => {
  await using gateway = await startGateway(SOURCES, {}, "none", { per_source: 1 });
  await using browser = await Chromium.start();
  const first = await openPage(browser, gateway.url.port);
  await waitForPhase(first, "open");
  const second = await openPage(browser, gateway.url.port);
  await waitForPhase(second, "waiting");
  assertMatch(await readNotice(second), /This screen has reached its session limit\.\s+Next try in [1-5] s/);
  await keepPicture(second, "viewer-limit");
  await second.evaluate(() => dispatchEvent(new Event("online")));
  assertEquals(await second.getAttribute("body", "data-phase"), "waiting");
  await first.close();
  await waitForPhase(second, "open");
  assertEquals(await listSentences(second), ["This screen has reached its session limit."]);
});

testWith([CHROMIUM], "a viewer page behind a proxy that spoils its requests says so", async (t) => {
  await using gateway = await startGateway(SOURCES, { resume: "2s" });
  await using proxy = new HeadProxy(Number(gateway.url.port));
  await using browser = await Chromium.start();

  await t.step("a proxy that drops Upgrade is named, with what it must do, and is not tried for ever", async () => {
    proxy.edit = (head) => dropHeaders(head, "upgrade", "connection") + "\r\nConnection: close";
    const page = await openPage(browser, proxy.port);
    await waitForPhase(page, "ended");
    assertMatch(
      await readNotice(page),
      /The proxy in front does not pass WebSockets on: it must forward the request headers Upgrade and Connection/,
    );
    await keepPicture(page, "viewer-upgrade-lost");
    await gateway.program.waitFor(/WARN The proxy in front does not pass WebSockets on/);
    proxy.edit = (head) => head;
    await page.click("#notice-retry");
    await waitForPhase(page, "open");
    for (const sentence of await listSentences(page)) assertNotMatch(sentence, /VNC/);
    await page.close();
  });

  await t.step("a proxy that changes Host is no fault of the VNC server", async () => {
    proxy.edit = (head) => `${dropHeaders(head, "host")}\r\nHost: 127.0.0.1:1`;
    const page = await openPage(browser, proxy.port);
    await waitForPhase(page, "ended");
    assertMatch(await readNotice(page), /another site|origin/i);
    await page.close();
  });

  await t.step("a proxy that answers for a gateway that is away is seen through", async () => {
    const page = await openPage(browser, proxy.port);
    proxy.edit = (head) => head;
    await page.reload();
    await waitForPhase(page, "open");
    proxy.edit = () => ({ answer: "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\nConnection: close\r\n\r\nBad" });
    proxy.drop();
    await waitForSentence(page, /^The gateway is away: the proxy in front answers with status 502\.$/);
    await keepPicture(page, "viewer-away");
    proxy.edit = (head) => head;
    await waitForPhase(page, "open");
    await page.close();
  });
  assertEquals(browser.complaints, []);
});

testWith([CHROMIUM], "a viewer page whose gateway has ended says so and keeps trying", async () => {
  await using browser = await Chromium.start();
  const gateway = await startGateway(SOURCES);
  const page = await openPage(browser, gateway.url.port);
  await waitForPhase(page, "open");
  await gateway[Symbol.asyncDispose]();
  await waitForSentence(page, /^The gateway is away: it does not answer\.$/);
  assertMatch(await readNotice(page), /Next try in \d+ s|Trying again now/);
  await page.context().setOffline(true);
  await waitForSentence(page, /^This device is offline\.$/);
  for (const sentence of await listSentences(page)) assertNotMatch(sentence, /VNC/);
  assertEquals(browser.complaints, []);
});

testWith([CHROMIUM], "a page whose sign-in has ended leads to a sign-in and back", async (t) => {
  const password = await hashPassword("correct horse");
  await using gateway = await startGateway(SOURCES, {}, { users: { ada: { password } } });
  await using proxy = new HeadProxy(Number(gateway.url.port));
  await using browser = await Chromium.start();
  const page = await openPage(browser, proxy.port);
  const signIn = async () => {
    await page.fill("#name", "ada");
    await page.fill("#password", "correct horse");
    await page.press("#password", "Enter");
  };

  await t.step("on the viewer page", async () => {
    await signIn();
    await waitForPhase(page, "open");
    await page.context().clearCookies();
    proxy.drop();
    await waitForPhase(page, "ended");
    assertMatch(await readNotice(page), /Your sign-in has ended: please sign in again\./);
    assert(!await page.isVisible("#notice-retry"));
    await keepPicture(page, "viewer-signed-out");
    await page.click("#notice-sign-in");
    await signIn();
    await page.waitForURL("**/site/vnc/demo");
    await waitForPhase(page, "open");
  });

  await t.step("on the dashboard", async () => {
    await page.goto(`http://127.0.0.1:${proxy.port}/`);
    await page.waitForSelector(".card");
    await page.context().clearCookies();
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await page.click("#dashboard-status a");
    await signIn();
    await page.waitForSelector(".card");
    proxy.edit = () => ({ answer: "HTTP/1.1 504 Late\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" });
    await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    await page.waitForSelector("#dashboard-status:has-text('status 504. This page may be out of date.')");
  });
  assertEquals(browser.complaints, []);
});

testWith([CHROMIUM, "Xvnc"], "two users on a screen that keeps one viewer do not fight over it", async () => {
  await using xvnc = await Xvnc.start({ args: ["-NeverShared=1"] });
  const password = await hashPassword("correct horse");
  await using gateway = await startGateway({ desk: { host: "127.0.0.1", port: xvnc.port } }, {}, {
    users: { ada: { password }, bob: { password } },
  });
  await using browser = await Chromium.start();
  const openAs = async (name: string) => {
    const page = await browser.openPage();
    await page.goto(new URL("site/vnc/desk", gateway.url).href);
    await page.fill("#name", name);
    await page.fill("#password", "correct horse");
    await page.press("#password", "Enter");
    await waitForPhase(page, "open");
    return page;
  };
  const ada = await openAs("ada");
  const bob = await openAs("bob");
  await waitForPhase(ada, "ended");
  assertMatch(await readNotice(ada), /bob has taken over this screen\.\s+Take it back/);
  await keepPicture(ada, "viewer-taken-over");
  await ada.evaluate(() => dispatchEvent(new Event("online")));
  assertEquals(await bob.getAttribute("body", "data-phase"), "open");
  await ada.click("text=Take it back");
  await waitForPhase(ada, "open");
  await waitForPhase(bob, "ended");
  assertMatch(await readNotice(bob), /ada has taken over this screen\./);
  assertEquals(browser.complaints, []);
});
