import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import type { Page } from "playwright-core";
import { waitUntil } from "../fakes/wait_until.ts";
import { startGateway } from "../live/gateway.ts";
import { testWith } from "../live/programs.ts";
import { Relay } from "../live/relay.ts";
import { Xvnc } from "../live/xvnc.ts";
import { CHROMIUM, Chromium, keepPicture, waitForPhase } from "./chromium.ts";
import { readWritten, startTerminal } from "./terminal.ts";

const PROGRAMS = [CHROMIUM, "Xvnc", "vncpasswd", "xsetroot", "xdpyinfo", "xterm", "xclip", "xdotool"];

/** The colour of one pixel of the remote screen, as "r,g,b". */
function readPixel(page: Page, x: number, y: number): Promise<string> {
  return page.evaluate(([x, y]) => {
    const canvas = document.querySelector<HTMLCanvasElement>("#screen canvas");
    const data = canvas?.getContext("2d")?.getImageData(x!, y!, 1, 1).data;
    return data ? [...data.slice(0, 3)].join() : "";
  }, [x, y]);
}

const waitForPixel = (page: Page, x: number, y: number, colour: string) =>
  waitUntil(async () => await readPixel(page, x, y) === colour, `${colour} at ${x},${y}`);

testWith(PROGRAMS, "the viewer page shows and controls a real Xvnc", async (t) => {
  await using xvnc = await Xvnc.start({ geometry: "800x500" });
  await using gateway = await startGateway({
    workshop: { host: "127.0.0.1", port: xvnc.port, title: "Workshop PC" },
  }, { resume: 0 });
  await using relay = new Relay(Number(gateway.url.port));
  await using browser = await Chromium.start();
  const folder = await Deno.makeTempDir();
  const permissions = ["clipboard-read", "clipboard-write"];
  const page = await browser.openPage({ permissions, acceptDownloads: true });
  const open = async () => {
    await page.goto(`http://127.0.0.1:${relay.port}/`);
    await page.click("text=Workshop PC");
    await waitForPhase(page, "open");
  };

  await t.step("a click on the dashboard leads to the picture", async () => {
    await xvnc.run("xsetroot", "-solid", "#2266aa");
    await open();
    await waitForPixel(page, 700, 400, "34,102,170");
    await xvnc.run("xsetroot", "-solid", "#117733");
    await waitForPixel(page, 700, 400, "17,119,51");
  });

  await t.step("typed text arrives in a terminal, with Shift and Enter", async () => {
    await startTerminal(xvnc, `read -r line; printf %s "$line" > ${folder}/typed`);
    await page.keyboard.type("Hello, World (42)!");
    await page.keyboard.press("Enter");
    assertEquals(await readWritten(`${folder}/typed`), "Hello, World (42)!");
  });

  await t.step("the panel types text as keys, beyond ASCII too", async () => {
    await startTerminal(xvnc, `read -r line; printf %s "$line" > ${folder}/panel`);
    await page.click("#tool-clipboard");
    await page.fill("#clipboard-text", "Grüße: 5 € {~}\n");
    await page.click("#clipboard-type");
    assertEquals(await readWritten(`${folder}/panel`), "Grüße: 5 € {~}");
    await page.click("#tool-clipboard");
  });

  await t.step("the keys panel presses combinations", async () => {
    await startTerminal(xvnc, `trap 'printf interrupted > ${folder}/keys; exit' INT; while :; do sleep 0.1; done`);
    await page.click("#tool-keys");
    await page.click("[data-hold=Control]");
    await page.locator("#screen canvas").focus();
    await page.keyboard.press("c");
    assertEquals(await readWritten(`${folder}/keys`), "interrupted");
    await page.click("#tool-keys");
  });

  await t.step("text copied there reaches the local clipboard, and vice versa", async () => {
    await xvnc.start("xclip", ["-selection", "clipboard", "-quiet"], "from there: ✓");
    const readLocal = () => page.evaluate(() => navigator.clipboard.readText());
    await waitUntil(async () => await readLocal() === "from there: ✓", "the remote text here");
    await page.click("#tool-clipboard");
    assertEquals(await page.inputValue("#clipboard-text"), "from there: ✓");
    await page.fill("#clipboard-text", "from here: ✓");
    await page.click("#clipboard-send");
    const readRemote = () => xvnc.run("xclip", "-selection", "clipboard", "-o").catch(() => "");
    await waitUntil(async () => await readRemote() === "from here: ✓", "the local text there");
    await page.click("#tool-clipboard");
  });

  await t.step("the remote screen takes the window's size if asked, else keeps its own", async () => {
    await page.click("#tool-display");
    await page.check("input[name=fit][value=remote]");
    await waitUntil(async () => /dimensions: +1280x800/.test(await xvnc.run("xdpyinfo")), "the resized screen");
    await page.check("input[name=fit][value=fit]");
    await page.click("#tool-display");
  });

  await t.step("a screenshot is the remote screen as a PNG file", async () => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("#tool-screenshot")]);
    assertMatch(download.suggestedFilename(), /^workshop-\d{4}-\d\d-\d\d-\d{6}\.png$/);
    await download.saveAs(`${folder}/shot.png`);
    const png = await Deno.readFile(`${folder}/shot.png`);
    assertEquals(new DataView(png.buffer).getUint32(16), 1280);
    assertEquals(new DataView(png.buffer).getUint32(20), 800);
    await keepPicture(page, "viewer");
  });

  await t.step("when the network drops, the page says so, keeps the last picture and reconnects", async () => {
    await relay.cut();
    await waitForPhase(page, "waiting");
    assertMatch(await page.innerText("#notice"), /lost/);
    assertMatch(await page.innerText("#notice"), /Next try in \d+ s|Trying again now/);
    assert(await page.isVisible("#still"));
    await keepPicture(page, "viewer-reconnecting");
    await xvnc.run("xsetroot", "-solid", "#aa4422");
    relay.mend();
    await waitForPhase(page, "open");
    await waitForPixel(page, 1270, 790, "170,68,34");
    await page.waitForSelector("#still", { state: "hidden" });
  });

  await t.step("coming back online tries at once", async () => {
    await relay.cut();
    await waitForPhase(page, "waiting");
    await page.click("#notice-stop");
    await waitForPhase(page, "ended");
    await page.evaluate(() => dispatchEvent(new Event("online")));
    assertEquals(await page.getAttribute("body", "data-phase"), "ended");
    await page.click("#notice-retry");
    await waitForPhase(page, "waiting");
    relay.mend();
    await page.evaluate(() => dispatchEvent(new Event("online")));
    await waitForPhase(page, "open");
  });

  await t.step("view only sends no keys and no pointer", async () => {
    await page.click("#tool-display");
    await page.check("#view-only");
    await page.click("#tool-display");
    await xvnc.run("xdotool", "mousemove", "5", "5");
    await page.mouse.move(640, 500);
    await page.mouse.click(640, 500);
    assertMatch(await xvnc.run("xdotool", "getmouselocation"), /^x:5 y:5 /);
    assert(await page.isDisabled("#tool-keys"));
  });

  await t.step("full screen comes and goes", async () => {
    await page.click("#tool-fullscreen");
    await page.waitForFunction(() => document.fullscreenElement !== null);
    await page.click("#tool-fullscreen[aria-pressed=true]");
    await page.waitForFunction(() => document.fullscreenElement === null);
  });

  await t.step("after a disconnect, the page reconnects only on request", async () => {
    await page.click("#tool-disconnect");
    await waitForPhase(page, "ended");
    await page.click("#tool-disconnect");
    await waitForPhase(page, "open");
  });

  await Deno.remove(folder, { recursive: true });
  assertEquals(browser.complaints, []);
});

testWith(PROGRAMS, "the viewer page asks for a password and reveals it nowhere", async (t) => {
  await using xvnc = await Xvnc.start({ securityTypes: "VncAuth", password: "Secret12" });
  await using gateway = await startGateway({ till: `127.0.0.1:${xvnc.port}` });
  await using browser = await Chromium.start();
  const page = await browser.openPage();
  const addresses: string[] = [];
  page.on("request", (request) => addresses.push(request.url()));
  page.on("websocket", (socket) => addresses.push(socket.url()));

  await t.step("a wrong password is reported", async () => {
    await page.goto(new URL("site/vnc/till", gateway.url).href);
    await page.fill("#credentials-password", "wrong");
    await page.click("#credentials [value=send]");
    await page.waitForFunction(() => /refused|fail|wrong/i.test(document.body.innerText));
    await keepPicture(page, "viewer-refused");
  });

  await t.step("the right password opens the screen", async () => {
    if (await page.isVisible("#notice-retry")) await page.click("#notice-retry");
    await page.fill("#credentials-password", "Secret12");
    await keepPicture(page, "viewer-password");
    await page.click("#credentials [value=send]");
    await waitForPhase(page, "open");
  });

  await t.step("no address and no storage holds it", async () => {
    const kept = await page.evaluate(() =>
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])
    );
    assertNotMatch(kept + addresses.join(), /Secret12/);
  });
  assertEquals(browser.complaints, []);
});

testWith(PROGRAMS, "an unreachable source is explained, and an unknown name has an error page", async () => {
  await using gateway = await startGateway({ gone: { host: "127.0.0.1", port: 1, title: "Gone" } });
  await using browser = await Chromium.start();
  const page = await browser.openPage();
  await page.goto(new URL("site/vnc/gone", gateway.url).href);
  await waitForPhase(page, "waiting");
  assertMatch(await page.innerText("#notice"), /Cannot reach Gone: connection refused\./);
  await keepPicture(page, "viewer-unreachable");
  const answer = await page.goto(new URL("site/vnc/none", gateway.url).href);
  assertEquals(answer?.status(), 404);
  assertEquals(await page.innerText("h1"), "No such source");
  assertEquals(browser.complaints, []);
});

testWith(PROGRAMS, "everything works below another server's path", async () => {
  await using xvnc = await Xvnc.start();
  await using gateway = await startGateway({ till: `127.0.0.1:${xvnc.port}` }, { base_path: "/vnc/" });
  await using browser = await Chromium.start();
  const page = await browser.openPage();
  await page.goto(new URL("/vnc/", gateway.url).href);
  await page.click("text=till");
  await waitForPhase(page, "open");
  await page.click("#bar a");
  assertEquals(await page.innerText("h1"), "Screens");
  await page.waitForSelector(".card[data-status=up]"); // Set by the script, from the API below the same path
  assertEquals(browser.complaints, []);
});

testWith(PROGRAMS, "on a phone, the on-screen keyboard types and a finger moves the pointer", async () => {
  await using xvnc = await Xvnc.start({ geometry: "390x700" });
  await using gateway = await startGateway({ pocket: `127.0.0.1:${xvnc.port}` });
  await using browser = await Chromium.start();
  const page = await browser.openPage({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  const file = await Deno.makeTempFile();
  await page.goto(new URL("site/vnc/pocket", gateway.url).href);
  await waitForPhase(page, "open");
  await startTerminal(xvnc, `read -r line; printf %s "$line" > ${file}`);
  await page.tap("#tool-type");
  await page.keyboard.insertText("teh");
  await page.keyboard.press("Backspace");
  await page.keyboard.press("Backspace");
  await page.keyboard.insertText("he Ärger");
  await page.keyboard.press("Enter");
  assertEquals(await readWritten(file), "the Ärger");
  await page.tap("#screen canvas", { position: { x: 300, y: 600 } });
  await waitUntil(async () => /^x:300 y:6\d\d /.test(await xvnc.run("xdotool", "getmouselocation")), "the pointer");
  await keepPicture(page, "viewer-phone");
  await Deno.remove(file);
  assertEquals(browser.complaints, []);
});
