import { assertEquals } from "@std/assert";
import { RfbViewer } from "../fakes/rfb_viewer.ts";
import { waitUntil } from "../fakes/wait_until.ts";
import { startGateway } from "./gateway.ts";
import { testWith } from "./programs.ts";
import { openWebStream } from "./web_stream.ts";
import { Xvnc } from "./xvnc.ts";

const PROGRAMS = ["Xvnc", "xterm", "xdotool", "xclip"];
const RETURN = 0xff0d;
const QEMU_KEYS = -258;
const EXTENDED_BUTTONS = -316;
/** Without it TigerVNC 1.12 crashes at SetDesktopSize. */
const EXTENDED_DESKTOP_SIZE = -308;

/** Everything by which a viewer acts on a desktop, written straight into the WebSocket. */
async function actOn(viewer: RfbViewer, word: string): Promise<void> {
  await viewer.setEncodings(0, QEMU_KEYS, EXTENDED_BUTTONS, EXTENDED_DESKTOP_SIZE);
  await viewer.pointer(150, 90);
  for (const char of word) {
    await viewer.key(char.charCodeAt(0));
    await viewer.key(char.charCodeAt(0), false);
  }
  // QEMU Extended Key Event (rfbproto): q by its key code.
  for (const down of [1, 0]) await viewer.send(255, 0, 0, down, 0, 0, 0, 0x71, 0, 0, 0, 0x10);
  await viewer.key(RETURN);
  await viewer.key(RETURN, false);
  await viewer.cut(word);
  await viewer.setDesktopSize(800, 600);
}

testWith(PROGRAMS, "a script on the WebSocket of a view_only source changes nothing on a real desktop", async () => {
  await using xvnc = await Xvnc.start();
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const at = { host: "127.0.0.1", port: xvnc.port };
  const gateway = stack.use(await startGateway({ look: { ...at, view_only: true }, work: at }));
  const open = async (name: string) => {
    const url = new URL(`ws/vnc/${name}`, gateway.url);
    url.protocol = "ws:";
    const stream = await openWebStream(url, { protocols: ["binary"] });
    stack.defer(() => (stream.close(), stream.closed.then(() => {})));
    return await RfbViewer.open(stream);
  };
  const readLine = `echo > ${folder}/ready; read line; echo "$line" > ${folder}/typed; cat`;
  await xvnc.run("xdotool", "mousemove", "100", "80");
  await xvnc.start("xterm", ["-geometry", "60x10+20+20", "-e", "sh", "-c", readLine]);
  await waitUntil(() => Deno.readTextFile(`${folder}/ready`).catch(() => false), "the terminal");
  /** Where the pointer is, how large the screen is, what was typed and what is on the clipboard. */
  const look = async () => ({
    pointer: (await xvnc.run("xdotool", "getmouselocation")).split(" ").slice(0, 2).join(" "),
    size: (await xvnc.run("xdotool", "getdisplaygeometry")).trim(),
    typed: await Deno.readTextFile(`${folder}/typed`).catch(() => ""),
    clipboard: await xvnc.run("xclip", "-o", "-selection", "clipboard").catch(() => ""),
  });
  const before = await look();

  const watching = await open("look");
  await actOn(watching, "hidden");
  // The update comes after all that was sent before it, and shows that looking still works.
  await watching.update(true);
  assertEquals(await look(), before);
  assertEquals([watching.width, watching.height], [640, 480]);

  await actOn(await open("work"), "shown");
  const after = { pointer: "x:150 y:90", size: "800 600", typed: "shownq\n", clipboard: "shown" };
  await waitUntil(
    async () => JSON.stringify(await look()) === JSON.stringify(after),
    "the same script takes effect for a viewer with control",
  );
});
