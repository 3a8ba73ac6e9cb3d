/** A session that survives its WebSocket, in a real browser on a real screen. */
import { assertEquals, assertMatch } from "@std/assert";
import type { Page } from "playwright-core";
import { waitUntil } from "../fakes/wait_until.ts";
import { type LiveGateway, startGateway } from "../live/gateway.ts";
import { testWith } from "../live/programs.ts";
import { Relay } from "../live/relay.ts";
import { Xvnc } from "../live/xvnc.ts";
import { CHROMIUM, Chromium, keepPicture, waitForPhase } from "./chromium.ts";
import { readWritten, startTerminal } from "./terminal.ts";

const PROGRAMS = [CHROMIUM, "Xvnc", "xterm", "xdotool"];

/** Notes each phase that the page comes through. */
async function recordPhases(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const phases: string[] = (globalThis as unknown as { phases: string[] }).phases = [];
    const note = () => phases.push(document.body.dataset.phase ?? "");
    const watch = () => new MutationObserver(note).observe(document.body, { attributeFilter: ["data-phase"] });
    addEventListener("DOMContentLoaded", watch);
  });
}

const listPhases = (page: Page) => page.evaluate(() => (globalThis as unknown as { phases: string[] }).phases);

async function listSessions({ url }: LiveGateway): Promise<string[]> {
  const answer = await fetch(new URL("api/sessions", url));
  return (await answer.json() as { id: string }[]).map(({ id }) => id);
}

const listStates = async ({ url }: LiveGateway): Promise<string[]> =>
  (await (await fetch(new URL("api/sessions", url))).json() as { state: string }[]).map(({ state }) => state);

/** The pixels that noVNC has drawn. */
const readPicture = (page: Page) =>
  page.evaluate(() => document.querySelector<HTMLCanvasElement>("#screen canvas")!.toDataURL());

/** Sends a signal to every process of the browsers that this process has started. */
function signalChromium(signal: "SIGSTOP" | "SIGCONT"): void {
  const parents = new Map<number, number>();
  for (const { name } of Deno.readDirSync("/proc")) {
    if (/^\d+$/.test(name)) parents.set(Number(name), readParent(name));
  }
  const isOwn = (pid: number): boolean => pid === Deno.pid || (parents.has(pid) && isOwn(parents.get(pid)!));
  for (const pid of parents.keys()) {
    if (pid !== Deno.pid && isOwn(pid) && readName(pid).includes("chromium")) Deno.kill(pid, signal);
  }
}

/** The process of this id may end meanwhile. */
function readParent(pid: string): number {
  try {
    return Number(/^PPid:\s+(\d+)/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1]);
  } catch {
    return 0;
  }
}

function readName(pid: number): string {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/cmdline`);
  } catch {
    return "";
  }
}

testWith(
  PROGRAMS,
  "a session survives hard cuts, seconds of nothing, another network and a browser that stands still",
  async (t) => {
    await using xvnc = await Xvnc.start({ geometry: "800x500" });
    await using source = new Relay(xvnc.port);
    const address = { host: "127.0.0.1", port: source.port };
    await using gateway = await startGateway({ workshop: { ...address, title: "Workshop PC", keepalive: "1s" } });
    await using relay = new Relay(Number(gateway.url.port));
    await using browser = await Chromium.start();
    const folder = await Deno.makeTempDir();
    const page = await browser.openPage();
    await recordPhases(page);
    const sockets: string[] = [];
    page.on("websocket", (socket) => sockets.push(socket.url()));
    await page.goto(`http://127.0.0.1:${relay.port}/site/vnc/workshop`);
    await waitForPhase(page, "open");
    const sessions = await listSessions(gateway);
    const dialed = source.accepted;
    await startTerminal(
      xvnc,
      ["one", "two", "three", "four"].map((name) => `read -r line; printf %s "$line" > ${folder}/${name}`).join("; ") +
        "; sleep 3600",
    );
    const typed = "The quick brown fox jumps over 13 lazy dogs";

    await t.step("five cuts: every character arrives once", async () => {
      for (const [index, character] of [...typed].entries()) {
        if (index % 8 === 3) relay.drop();
        await page.keyboard.type(character);
      }
      await page.keyboard.press("Enter");
      assertEquals(await readWritten(`${folder}/one`), typed);
    });

    await t.step("while nothing answers, the page says so and keeps the picture and what is typed", async () => {
      await relay.cut();
      await page.waitForSelector("body[data-link=away]");
      assertEquals(await page.innerText("#status-text"), "Reconnecting…");
      await keepPicture(page, "viewer-away");
      await page.keyboard.type(typed);
      await page.keyboard.press("Enter");
      relay.mend();
      assertEquals(await readWritten(`${folder}/two`), typed);
      await page.waitForSelector("body:not([data-link])");
      assertEquals(await page.textContent("#status-text"), "Connected");
    });

    await t.step("a network that changes while the user types costs no character", async () => {
      for (const [index, character] of [...typed].entries()) {
        // What the browser says of a phone that leaves its Wi-Fi: the connection over it still seems to be there.
        if (index === 9) await page.evaluate(() => void dispatchEvent(new Event("online")));
        await page.keyboard.type(character);
      }
      await page.keyboard.press("Enter");
      assertEquals(await readWritten(`${folder}/three`), typed);
    });

    await t.step("a browser that stands still until it counts as lost finds its session again", async () => {
      signalChromium("SIGSTOP");
      await waitUntil(async () => (await listStates(gateway)).includes("held"), "the held session");
      signalChromium("SIGCONT");
      await page.keyboard.type(typed);
      await page.keyboard.press("Enter");
      assertEquals(await readWritten(`${folder}/four`), typed);
    });

    await t.step("the picture is the one that another viewer gets", async () => {
      assertEquals(source.accepted, dialed, "connections to the VNC server");
      const other = await browser.openPage();
      await other.goto(new URL("site/vnc/workshop", gateway.url).href);
      await waitForPhase(other, "open");
      await waitUntil(async () => await readPicture(page) === await readPicture(other), "the same picture");
      await other.evaluate(() => document.getElementById("tool-disconnect")?.click());
      await waitUntil(async () => (await listSessions(gateway)).length === 1, "the end of the other session");
    });

    await t.step("nobody else noticed: one session, one page, one address without a token", async () => {
      assertEquals(await listPhases(page), ["connecting", "open"]);
      assertEquals(await listSessions(gateway), sessions);
      assertMatch(sockets.join(), /^\S+\?resume=new(,\S+\?resume=held)+$/);
      for (const word of ["token", "secret"]) assertEquals(sockets.join().includes(word), false);
    });

    await t.step("leaving ends the session at once", async () => {
      await page.evaluate(() => document.getElementById("tool-disconnect")?.click());
      await waitUntil(async () => (await listSessions(gateway)).length === 0, "the end of the session");
    });
    await Deno.remove(folder, { recursive: true });
    assertEquals(browser.complaints, []);
  },
);
