/**
 * Takes the picture at the top of the README: a real desktop in the viewer page. Run by hand:
 *
 *     deno run -A tests/browser/picture.ts docs/porthole.png
 *
 * It needs Chromium, Xvnc and xdotool, and from Debian dbus-x11 desktop-base elementary-xfce-icon-theme x11-apps
 * xfce4-panel xfce4-session xfce4-terminal xfdesktop4 xfwm4.
 */
import { waitUntil } from "../fakes/wait_until.ts";
import { startGateway } from "../live/gateway.ts";
import { Xvnc } from "../live/xvnc.ts";
import { Chromium } from "./chromium.ts";

const WIDTH = 1152;
const HEIGHT = 720;
const TOOLBAR_HEIGHT = 48;

const PATH = Deno.args[0] ?? "docs/porthole.png";
const home = await Deno.makeTempDir();
await using stack = new AsyncDisposableStack();
stack.defer(() => Deno.remove(home, { recursive: true }));
const xvnc = stack.use(await Xvnc.start({ geometry: `${WIDTH}x${HEIGHT}` }));
const env = { ...xvnc.env, HOME: home, XDG_RUNTIME_DIR: home, PS1: "$ " };

/** Starts a program on the desktop. What it starts in turn must not keep the pipes of its output open. */
async function show(...command: string[]): Promise<void> {
  const settings = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  await xvnc.start("env", [...settings, "sh", "-c", 'exec "$@" >/dev/null 2>&1', "sh", ...command]);
}

/** Waits for a window and puts it in its place. */
async function place(title: string, x: number, y: number, width: number, height: number): Promise<void> {
  const find = ["search", "--onlyvisible", "--name", title];
  await waitUntil(() => xvnc.run("xdotool", ...find).catch(() => undefined), `the window ${title}`);
  await xvnc.run("xdotool", ...find, "windowsize", `${width}`, `${height}`, "windowmove", `${x}`, `${y}`);
}

await show("dbus-run-session", "--", "xfce4-session");
await place("^Desktop$", 0, 0, WIDTH, HEIGHT);
await show("dbus-run-session", "--", "xfce4-terminal", "--disable-server", "--title=Terminal", "-x", "sh");
await show("xcalc");
await show("xclock");
await place("^Terminal$", 170, 70, 620, 400);
await place("Calculator", 690, 330, 230, 320);
await place("xclock", 950, 80, 160, 160);

const gateway = stack.use(
  await startGateway({ workshop: { host: "127.0.0.1", port: xvnc.port, title: "Workshop PC" } }),
);
const browser = stack.use(await Chromium.start());
const page = await browser.openPage({ viewport: { width: WIDTH, height: HEIGHT + TOOLBAR_HEIGHT } });
await page.addInitScript(() => localStorage.setItem("porthole.settings", JSON.stringify({ pinned: true })));
await page.goto(new URL("site/vnc/workshop", gateway.url).href);
await page.waitForSelector("body[data-phase=open]");
await page.mouse.click(400, 300);
await page.keyboard.type("ls -l --color /etc/xdg\n# Typed in a browser\n");
const taken = new Set<string>();
await waitUntil(async () => {
  const picture = (await page.screenshot({ path: PATH })).toBase64();
  const stands = taken.has(picture);
  taken.add(picture);
  // Pictures that follow at once are alike even while the desktop still draws.
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  return stands;
}, "a picture that no longer changes");
