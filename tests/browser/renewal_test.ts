/** Certificates that are renewed while a user types, in a real browser on a real screen. */
import { assertEquals } from "@std/assert";
import { makeCa, makeLeaf } from "../../src/tls/ca.ts";
import { waitUntil } from "../fakes/wait_until.ts";
import { startGateway } from "../live/gateway.ts";
import { testWith } from "../live/programs.ts";
import { Relay } from "../live/relay.ts";
import { Xvnc } from "../live/xvnc.ts";
import { CHROMIUM, Chromium, waitForPhase } from "./chromium.ts";
import { readWritten, startTerminal } from "./terminal.ts";

const NAMES = ["localhost", "127.0.0.1"];
const RENEWALS = 3;

testWith(
  [CHROMIUM, "Xvnc", "xterm", "xdotool"],
  "three renewed certificates cost the user no key, and the VNC server sees one connection",
  async () => {
    await using xvnc = await Xvnc.start({ geometry: "800x500" });
    await using source = new Relay(xvnc.port);
    const folder = await Deno.makeTempDir();
    const [cert, key] = [`${folder}/cert.pem`, `${folder}/key.pem`];
    const ca = await makeCa({ host: "gate", names: NAMES, nowMs: Date.now() });
    const renew = async () => {
      const leaf = await makeLeaf({ ca, names: NAMES, nowMs: Date.now() });
      await Promise.all([Deno.writeTextFile(cert, leaf.cert), Deno.writeTextFile(key, leaf.key)]);
    };
    await renew();
    await using gateway = await startGateway({ pi: { host: "127.0.0.1", port: source.port } }, { tls: { cert, key } });
    await using browser = await Chromium.start();
    const page = await browser.openPage({ ignoreHTTPSErrors: true });
    let sockets = 0;
    page.on("websocket", () => sockets++);
    await page.goto(new URL("site/vnc/pi", gateway.url).href);
    await waitForPhase(page, "open");
    await startTerminal(xvnc, `read -r line; printf %s "$line" > ${folder}/typed`);
    const dialed = source.accepted;

    const typed: string[] = [];
    for (let renewal = 1; renewal <= RENEWALS; renewal++) {
      await renew();
      // The user types all along: before, during and after.
      await waitUntil(async () => {
        const character = String.fromCharCode(97 + typed.length % 26);
        await page.keyboard.type(character);
        typed.push(character);
        return sockets > renewal;
      }, `the page's WebSocket after renewal ${renewal}`);
    }
    await page.keyboard.press("Enter");
    assertEquals(await readWritten(`${folder}/typed`), typed.join(""));
    assertEquals(source.accepted - dialed, 0);
    assertEquals(await page.evaluate(() => document.body.dataset.phase), "open");
    assertEquals(browser.complaints, []);
    await Deno.remove(folder, { recursive: true });
  },
);
