/** A terminal on a real screen, which has the keyboard. */
import { waitUntil } from "../fakes/wait_until.ts";
import type { Xvnc } from "../live/xvnc.ts";

/** A real xterm that runs a shell command and has the keyboard: without a window manager, what is below the pointer. */
export async function startTerminal(xvnc: Xvnc, command: string): Promise<void> {
  await xvnc.run("xdotool", "mousemove", "100", "80");
  const ready = await Deno.makeTempFile();
  const shell = `echo ready > ${ready}; ${command}`;
  await xvnc.start("xterm", ["-geometry", "60x10+20+20", "-T", ready, "-e", "sh", "-c", shell]);
  await readWritten(ready);
  const find = () => xvnc.run("xdotool", "search", "--onlyvisible", "--name", `^${ready}$`).catch(() => false);
  await waitUntil(find, "the terminal's window");
  await Deno.remove(ready);
}

/** The text of a file, once there is some. */
export function readWritten(path: string): Promise<string> {
  return waitUntil(() => Deno.readTextFile(path).catch(() => "").then((text) => text || false), `text in ${path}`);
}
