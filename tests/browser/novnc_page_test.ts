/** noVNC's own page, as Debian packages it, pointed at the gateway from another server. */
import { assertEquals } from "@std/assert";
import { waitUntil } from "../fakes/wait_until.ts";
import { startGateway } from "../live/gateway.ts";
import { testWith } from "../live/programs.ts";
import { Xvnc } from "../live/xvnc.ts";
import { CHROMIUM, Chromium, keepPicture } from "./chromium.ts";

const FOLDER = "/usr/share/novnc";
const NOVNC = `${FOLDER}/vnc.html`;
const TYPES: Readonly<Record<string, string>> = {
  html: "text/html",
  js: "text/javascript",
  css: "text/css",
  svg: "image/svg+xml",
};

/** A web server for noVNC's files, which are all that it has. */
function serveNovnc() {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { pathname } = new URL(request.url);
    const bytes = await Deno.readFile(FOLDER + pathname).catch(() => undefined);
    const type = TYPES[pathname.split(".").at(-1)!] ?? "application/octet-stream";
    return bytes === undefined
      ? new Response(null, { status: 404 })
      : new Response(bytes, { headers: { "Content-Type": type } });
  });
}

/** The size of the remote screen that the page shows. */
async function show(page: string, gateway: URL, path: string, picture: string): Promise<string> {
  await using browser = await Chromium.start();
  const tab = await browser.openPage();
  const { hostname: host, port } = gateway;
  const settings = new URLSearchParams({ host, port, path, autoconnect: "true", encrypt: "0" });
  await tab.goto(`${page}?${settings}`);
  const size = await waitUntil(() =>
    tab.evaluate(() => {
      const canvas = document.querySelector("canvas");
      const isOpen = document.documentElement.classList.contains("noVNC_connected");
      return isOpen && canvas !== null && canvas.width > 300 && `${canvas.width} × ${canvas.height}`;
    }), "a picture");
  await keepPicture(tab, picture);
  return size;
}

testWith(
  [CHROMIUM, NOVNC, "Xvnc"],
  "noVNC's own page shows the screen of a token, and without one the only screen",
  async () => {
    await using xvnc = await Xvnc.start();
    const server = serveNovnc();
    const origin = `http://127.0.0.1:${server.addr.port}`;
    const file = await Deno.makeTempFile();
    await Deno.writeTextFile(file, `my secret/token: 127.0.0.1:${xvnc.port}\n`);
    const ours = { allowed_origins: [origin] };
    await using gateway = await startGateway({ demo: { demo: true } }, ours, "none", {}, { PORTHOLE_TOKEN_FILE: file });
    const page = `${origin}/vnc.html`;
    for (
      const path of [
        "websockify?token=my secret/token",
        "?token=my secret/token",
        "vnc/websockify?token=my%20secret%2Ftoken",
      ]
    ) {
      assertEquals(await show(page, gateway.url, path, "novnc-token"), "640 × 480", path);
    }
    for (const path of ["websockify", "websockify?token=demo"]) {
      assertEquals(await show(page, gateway.url, path, "novnc-only"), "1024 × 768", path);
    }
    await Deno.remove(file);
    await server.shutdown();
  },
);
