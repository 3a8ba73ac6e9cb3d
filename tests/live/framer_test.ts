import { assert, assertEquals } from "@std/assert";
import { ENCODING } from "../../src/rfb/encodings.ts";
import { createUpFilter } from "../../src/rfb/up_filter.ts";
import { waitUntil } from "../fakes/wait_until.ts";
import * as client from "../unit/rfb/client_bytes.ts";
import { concat } from "../unit/rfb/cuts.ts";
import { FramedViewer } from "./framed_viewer.ts";
import { accepts, findFreePort, Program, testWith } from "./programs.ts";
import { Xvnc } from "./xvnc.ts";

const LEVELS = [-23, -247];
const UPDATES = 10;
const FONTS = "/usr/share/fonts/X11/misc";
const E = ENCODING;

/** Lines that scroll, and cells in more colours than a palette has. */
const SCROLL = "n=0; while :; do n=$((n+1)); echo line $n; sleep 0.02; done";
const COLOURS =
  "awk 'BEGIN { for (n = 0;; n++) printf \"\\033[48;2;%d;%d;%dm%c\", n*7%256, n*5%256, n*3%256, 65+n%26 }'";

/** A list of encodings, what must be seen when it is offered, and what makes the server send it. */
interface Offer {
  readonly encodings: readonly number[];
  readonly format?: readonly number[];
  readonly rectangles: readonly number[];
  readonly messages?: readonly number[];
  readonly updates?: number;
  readonly text?: string;
  readonly act?: () => Promise<unknown>;
}

testWith(
  ["Xvnc", "xterm", "xrandr", "vncconfig"],
  "createDownFramer() follows TigerVNC in every encoding",
  async (t) => {
    await using screen = await Xvnc.start();
    await screen.start("xterm", ["-geometry", "80x30+0+0", "-e", SCROLL]);
    await screen.start("xterm", ["-geometry", "40x30+400+100", "-e", COLOURS]);
    const rename = () => screen.run("vncconfig", "-set", "desktop=renamed");
    const resize = (size: string) => () => screen.run("xrandr", "-s", size);
    await followAll(t, screen.port, {
      Raw: { encodings: [E.raw], rectangles: [E.raw] },
      CopyRect: { encodings: [E.copyRect, E.raw], rectangles: [E.copyRect] },
      RRE: { encodings: [E.rre], rectangles: [E.rre] },
      Hextile: { encodings: [E.hextile], rectangles: [E.hextile] },
      ZRLE: { encodings: [E.zrle], rectangles: [E.zrle] },
      Tight: { encodings: [E.tight], rectangles: [E.tight] },
      "Tight with JPEG": { encodings: [E.tight, ...LEVELS], rectangles: [E.tight], text: "JFIF" },
      Cursor: { encodings: [E.tight, E.cursor], rectangles: [E.cursor] },
      XCursor: { encodings: [E.tight, E.xCursor], rectangles: [E.xCursor] },
      CursorWithAlpha: { encodings: [E.tight, E.cursorWithAlpha], rectangles: [E.cursorWithAlpha] },
      VMware: { encodings: [E.tight, E.vmwareCursor, E.vmwareLed], rectangles: [E.vmwareCursor, E.vmwareLed] },
      "QEMU extensions": { encodings: [E.tight, E.qemuKeyEvent, E.qemuLed], rectangles: [E.qemuKeyEvent, E.qemuLed] },
      LastRect: { encodings: [E.tight, E.lastRect], rectangles: [E.lastRect] },
      DesktopName: { encodings: [E.tight, E.desktopName], rectangles: [E.desktopName], act: rename },
      DesktopSize: { encodings: [E.tight, E.desktopSize], rectangles: [E.desktopSize], act: resize("800x600") },
      ExtendedDesktopSize: { encodings: [E.tight, E.extendedDesktopSize], rectangles: [E.extendedDesktopSize] },
      "Fence and ContinuousUpdates": {
        encodings: [E.tight, E.fence, E.continuousUpdates],
        rectangles: [E.tight],
        messages: [150, 248],
        // The server waits for answers to its fences after that.
        updates: 1,
      },
      "16 bits": { encodings: [E.tight, E.cursor], format: client.HIGH_COLOUR, rectangles: [E.tight, E.cursor] },
    });
  },
);

testWith(["Xvfb", "x11vnc", "xterm"], "createDownFramer() follows x11vnc in every encoding", async (t) => {
  await using stack = new AsyncDisposableStack();
  const xvfb = stack.use(await Program.start("Xvfb", { args: ["-displayfd", "1", "-screen", "0", "640x480x24"] }));
  const [, display = ""] = await xvfb.waitFor(/^(\d+)$/m);
  const env = { DISPLAY: `:${display}` };
  stack.use(await Program.start("xterm", { args: ["-geometry", "60x20+0+0", "-e", SCROLL], env }));
  stack.use(await Program.start("xterm", { args: ["-geometry", "30x20+380+100", "-e", COLOURS], env }));
  const port = findFreePort();
  const flags = ["-norc", "-forever", "-shared", "-listen", "127.0.0.1", "-no6", "-noipv6", "-nopw"];
  const x11vnc = stack.use(await Program.start("x11vnc", { args: [...flags, "-rfbport", String(port)], env }));
  await x11vnc.waitFor(/PORT=\d+/);
  await followAll(t, port, {
    Raw: { encodings: [E.raw], rectangles: [E.raw] },
    RRE: { encodings: [E.rre], rectangles: [E.rre] },
    CoRRE: { encodings: [E.coRre], rectangles: [E.coRre] },
    Hextile: { encodings: [E.hextile], rectangles: [E.hextile] },
    Zlib: { encodings: [E.zlib], rectangles: [E.zlib] },
    ZRLE: { encodings: [E.zrle], rectangles: [E.zrle] },
    Tight: { encodings: [E.tight, E.lastRect], rectangles: [E.tight] },
    "Tight with JPEG": { encodings: [E.tight, ...LEVELS], rectangles: [E.tight], text: "JFIF" },
    Cursor: { encodings: [E.tight, E.cursor], rectangles: [E.cursor] },
    XCursor: { encodings: [E.tight, E.xCursor], rectangles: [E.xCursor] },
    ExtendedDesktopSize: { encodings: [E.tight, E.extendedDesktopSize], rectangles: [E.extendedDesktopSize] },
  });
});

testWith(
  ["Xtightvnc", "xterm", `${FONTS}/fonts.dir`],
  "createDownFramer() follows TightVNC in every encoding",
  async (t) => {
    await using stack = new AsyncDisposableStack();
    const port = findFreePort();
    // It cannot choose a display itself; the ones that ports give are not taken by people.
    const display = `:${port}`;
    const flags = ["-geometry", "640x480", "-depth", "24", "-interface", "127.0.0.1", "-nolisten", "tcp", "-ac"];
    const args = [display, "-rfbport", String(port), "-fp", FONTS, ...flags];
    const server = stack.use(await Program.start("Xtightvnc", { args }));
    await server.waitFor(/Listening for VNC connections/);
    const env = { DISPLAY: display };
    stack.use(await Program.start("xterm", { args: ["-geometry", "60x20+0+0", "-e", SCROLL], env }));
    await followAll(t, port, {
      Raw: { encodings: [E.raw], rectangles: [E.raw] },
      CopyRect: { encodings: [E.copyRect, E.raw], rectangles: [E.copyRect] },
      RRE: { encodings: [E.rre], rectangles: [E.rre] },
      CoRRE: { encodings: [E.coRre], rectangles: [E.coRre] },
      Hextile: { encodings: [E.hextile], rectangles: [E.hextile] },
      Zlib: { encodings: [E.zlib], rectangles: [E.zlib] },
      Tight: { encodings: [E.tight, E.lastRect], rectangles: [E.tight, E.lastRect] },
      Cursor: { encodings: [E.tight, E.cursor], rectangles: [E.cursor] },
      XCursor: { encodings: [E.tight, E.xCursor], rectangles: [E.xCursor] },
    });
  },
);

testWith(["qemu-system-x86_64"], "createDownFramer() follows QEMU in every encoding", async (t) => {
  const port = findFreePort();
  const flags = ["-machine", "pc,accel=tcg", "-m", "32", "-nodefaults", "-vga", "std", "-display", "none"];
  const args = [...flags, "-vnc", `127.0.0.1:${port - 5900},lossy=on`];
  await using _qemu = await Program.start("qemu-system-x86_64", { args });
  await waitUntil(() => accepts(port), "QEMU to listen");
  // Its screen no longer changes once the firmware has given up: there is only one update.
  const still = (encodings: number[], rectangles = encodings): Offer => ({ encodings, rectangles, updates: 1 });
  await followAll(t, port, {
    Raw: still([E.raw]),
    Hextile: still([E.hextile]),
    Zlib: still([E.zlib]),
    ZRLE: still([E.zrle]),
    Tight: still([E.tight]),
    "Tight with JPEG": still([E.tight, ...LEVELS], [E.tight]),
    TightPng: still([E.tightPng]),
    "QEMU extensions": still([E.raw, E.qemuKeyEvent, E.qemuAudio], [E.qemuKeyEvent, E.qemuAudio]),
    ExtendedDesktopSize: still([E.raw, E.extendedDesktopSize], [E.extendedDesktopSize]),
  });
});

testWith(["Xvnc", "xclip"], "createDownFramer() keeps the clipboard of a real Xvnc from the viewer", async () => {
  await using screen = await Xvnc.start();
  for (const encodings of [[E.raw, E.extendedClipboard], [E.raw]]) {
    await using open = await FramedViewer.connect(screen.port, { encodings, cutText: "all" });
    await using closed = await FramedViewer.connect(screen.port, { encodings, cutText: "none" });
    await using half = await FramedViewer.connect(screen.port, { encodings, cutText: "signals" });
    const viewers = [open, closed, half];
    for (const viewer of viewers) await waitUntil(() => viewer.updates > 0, "the first picture");
    for (const viewer of viewers) viewer.messages.delete(3);
    const text = encodings.length > 1 ? "first" : "second";
    await screen.start("xclip", ["-quiet", "-selection", "clipboard", "-in"], `${text} secret`);
    for (const viewer of viewers) {
      await waitUntil(() => viewer.messages.has(3) && viewer.isBetweenMessages(), "cut text");
    }
    // With the extension, the server only announces the text; without it, the server sends the text.
    if (encodings.length === 1) await waitUntil(() => open.hasText(`${text} secret`), "the text");
    assertEquals([closed.hasText("secret"), half.hasText("secret")], [false, false]);
  }
});

testWith(["Xvnc", "xdotool"], "createUpFilter() keeps a view-only viewer's input from a real Xvnc", async () => {
  await using screen = await Xvnc.start();
  const input = concat([
    client.pointerEvent(0),
    client.keyEvent(),
    client.qemuKey(),
    client.cutText([104, 105]),
    client.setDesktopSize(1),
    client.updateRequest(),
  ]);
  const locate = async () => (await screen.run("xdotool", "getmouselocation")).match(/x:\d+ y:\d+/)![0];
  const before = await locate();
  await using viewer = await FramedViewer.connect(screen.port, { encodings: [E.raw] });
  await waitUntil(() => viewer.updates > 0, "the first picture");
  const left = createUpFilter({ viewOnly: true, clipboardIn: true, clipboardOut: true, cutTextLimitBytes: () => 1024 })
    .push(
      input,
    );
  assertEquals(left, concat([client.updateRequest()]));
  // When the server answers a fence, it has read everything before it.
  await viewer.sendRaw(left, client.setEncodings([E.raw, E.fence]));
  await waitUntil(() => viewer.messages.has(248), "the server to have read it");
  assertEquals(await locate(), before);
  await viewer.send(client.pointerEvent(0));
  await waitUntil(async () => await locate() === "x:10 y:20", "the pointer to follow a viewer that may act");
  assert(before !== "x:10 y:20");
});

/** Follows each offer for a number of updates, in steps of the test. */
async function followAll(t: Deno.TestContext, port: number, offers: Record<string, Offer>): Promise<void> {
  for (const [name, offer] of Object.entries(offers)) {
    await t.step(name, async () => {
      const { encodings, format = client.TRUE_COLOUR } = offer;
      await using viewer = await FramedViewer.connect(port, { encodings, format });
      await waitUntil(() => viewer.updates > 0, "the first update");
      await offer.act?.();
      await waitUntil(() => hasAll(viewer, offer), "all that was offered");
      viewer.stopAsking();
      await waitUntil(() => viewer.isBetweenMessages(), "the end of a message");
    });
  }
}

function hasAll(viewer: FramedViewer, { rectangles, messages = [], updates = UPDATES, text }: Offer): boolean {
  viewer.isBetweenMessages();
  return viewer.updates >= updates && rectangles.every((encoding) => viewer.encodings.has(encoding)) &&
    messages.every((type) => viewer.messages.has(type)) && (text === undefined || viewer.hasText(text));
}
