/** Starts real VNC servers, each in one security mode, and ends them. */
import { waitUntil } from "../fakes/wait_until.ts";
import { type Debian13, findDebian13 } from "./debian13.ts";
import { type Lab, makeLab, UID, writeAccounts, writeSelfSigned } from "./lab.ts";
import type { Mode } from "./modes.ts";
import { findFreePort, findProgram, Program, testWith } from "./programs.ts";

/** A running server. */
export interface LiveServer extends AsyncDisposable {
  /** Its address, as keys of sources.yaml. */
  readonly address: { readonly host: string; readonly port: number } | { readonly unix: string };
  readonly lab: Lab;
}

/** Where on this machine servers can run. */
export interface Places {
  readonly debian13: Debian13;
  readonly canMount: boolean;
}

/** Runs the rest of its arguments in a mount namespace of its own, where `{accounts}` lies over /etc. */
const WITH_ACCOUNTS = `mount --make-rprivate /
for name in passwd shadow; do mount --bind "$0/accounts/$name" "/etc/$name"; done
mount -t tmpfs tmpfs /etc/pam.d; cp "$0/accounts/rules" /etc/pam.d/porthole-test; exec "$@"`;

/** Runs them in the private Debian 13 ($1), where the lab ($0) is seen at the same path. */
const IN_DEBIAN13 = `root=$1; shift; mount --make-rprivate /
for name in proc dev dev/shm; do mount --bind "/$name" "$root/$name"; done
mount -t tmpfs tmpfs "$root/tmp"; mkdir -p "$root$0"; mount --bind "$0" "$root$0"
export LD_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu/blas:/usr/lib/x86_64-linux-gnu/lapack; exec chroot "$root" "$@"`;

/** sway without a graphics card, and how wayvnc finds it. */
const SWAY_ENV = {
  WAYLAND_DISPLAY: "wayland-1",
  WLR_BACKENDS: "headless",
  WLR_LIBINPUT_NO_DEVICES: "1",
  WLR_RENDERER: "pixman",
  LIBSEAT_BACKEND: "noop",
};

/** Examines the machine once. */
export async function findPlaces(): Promise<Places> {
  const canMount = await tryToMount();
  return { canMount, debian13: canMount ? await findDebian13() : { lacks: "the right to mount (unshare -m)" } };
}

async function tryToMount(): Promise<boolean> {
  if (findProgram("unshare") === undefined || findProgram("mount") === undefined) return false;
  const args = ["-m", "mount", "--make-rprivate", "/"];
  return (await new Deno.Command("unshare", { args, stderr: "null" }).output()).success;
}

/** Registers a test of a mode, which is left out if something is missing for its server. */
export function testMode(
  mode: Mode,
  places: Places,
  { what, programs = [] }: { what: string; programs?: readonly string[] },
  run: () => Promise<void>,
): void {
  testWith([...listPrograms(mode), ...programs], what, run, listObstacles(mode, places));
}

/** The programs of this machine that a mode needs. */
function listPrograms({ command, place, screen }: Mode): string[] {
  const programs = ["vncpasswd"];
  if (place === "accounts" || place === "debian13") programs.push("unshare");
  if (place === "accounts" || needsSelfSigned({ command })) programs.push("openssl");
  if (screen?.startsWith("xvfb")) programs.push("Xvfb");
  if (place === "debian13") return programs;
  if (screen === "sway") programs.push("sway", "swaybg", "setpriv");
  return [...programs, command.split(" ")[0]!];
}

/** What else is missing for a mode. */
function listObstacles({ place, screen }: Mode, { debian13, canMount }: Places): string[] {
  // Whether a server listens is read from /proc.
  if (Deno.build.os !== "linux") return ["Linux"];
  if (place === "debian13") return "lacks" in debian13 ? [debian13.lacks] : [];
  const obstacles = [];
  if (screen === "sway" && Deno.uid() !== 0) obstacles.push("root (to run sway as another user)");
  if (place === "accounts" && !canMount) obstacles.push("the right to mount (unshare -m)");
  return obstacles;
}

/** Starts a server and waits until it listens. A connection to see whether it does would count as a failed login. */
export async function startServer(mode: Mode, places: Places): Promise<LiveServer> {
  await using stack = new AsyncDisposableStack();
  const lab = stack.use(await makeLab());
  if (mode.place === "accounts") await writeAccounts(`${lab.folder}/accounts`);
  if (needsSelfSigned(mode)) await writeSelfSigned(`${lab.folder}/self-signed.pem`);
  const start = async (command: string) => stack.use(await startIn(mode, command, lab.folder, places));
  const screen = await startScreen(mode.screen, start, lab.folder);
  const port = findFreePort();
  const socket = `${lab.folder}/vnc.sock`;
  const command = fill(mode.command, {
    port: String(port),
    "port-5900": String(port - 5900),
    display: `:${port}`,
    lab: lab.folder,
    pam: "porthole-test",
    screen,
    socket,
  });
  const program = await start(command);
  const isUnix = mode.command.includes("{socket}");
  const isReady = () => isUnix ? isListeningAt(socket) : isListening(port);
  await waitForServer(mode.name, program, isReady);
  if (mode.command.startsWith("weston")) await waitUntil(() => isGreeting(port), `${mode.name} to greet`);
  const rest = stack.move();
  return {
    address: isUnix ? { unix: socket } : { host: "127.0.0.1", port },
    lab,
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

/** @throws Error with the server's output if it ends or does not begin to listen */
async function waitForServer(name: string, program: Program, isReady: () => Promise<boolean>): Promise<void> {
  await waitUntil(async () => {
    if (program.hasEnded) throw new Error(`${name} ended`);
    return await isReady();
  }, `${name} to listen`).catch((error) => {
    throw new Error(`${error.message}. It wrote:\n${program.output}`);
  });
}

function needsSelfSigned({ command }: Pick<Mode, "command">): boolean {
  return command.includes("self-signed.pem");
}

function fill(command: string, values: Readonly<Record<string, string>>): string {
  return command.replace(/\{([^}]+)\}/g, (_, name) => values[name] ?? "");
}

function startIn({ place, screen }: Mode, command: string, lab: string, { debian13 }: Places): Promise<Program> {
  const words = command.split(" ");
  // x11vnc gives up if it sees Wayland.
  const env = { HOME: lab, XDG_RUNTIME_DIR: `${lab}/wayland`, ...(screen === "sway" ? SWAY_ENV : {}) };
  if (place === undefined) return Program.start(words[0]!, { args: words.slice(1), env });
  const script = place === "accounts" ? [WITH_ACCOUNTS, lab] : [IN_DEBIAN13, lab, (debian13 as { root: string }).root];
  return Program.start("unshare", { args: ["-m", "/bin/sh", "-ec", ...script, ...words], env });
}

/** The screen that the server shows, if it has none of its own; for X, the display's name. */
async function startScreen(
  screen: Mode["screen"],
  start: (command: string) => Promise<Program>,
  lab: string,
): Promise<string> {
  if (screen?.startsWith("xvfb")) {
    const depth = screen === "xvfb8" ? 8 : 24;
    const program = await start(`Xvfb -displayfd 1 -retro -screen 0 640x480x${depth} -nolisten tcp -ac`);
    return `:${(await program.waitFor(/^(\d+)$/m))[1]}`;
  }
  if (screen === "sway") {
    await Deno.chown(`${lab}/wayland`, UID, UID);
    const program = await start(`setpriv --reuid ${UID} --regid ${UID} --clear-groups sway -c ${lab}/sway`);
    await waitUntil(() => {
      if (program.hasEnded) throw new Error(`sway ended:\n${program.output}`);
      return Deno.stat(`${lab}/wayland/wayland-1`).then(() => true, () => false);
    }, "sway's socket");
  }
  return "";
}

/** Whether something listens on the port, as the kernel says it (proc(5), state 0A). */
async function isListening(port: number): Promise<boolean> {
  const ending = `:${port.toString(16).toUpperCase().padStart(4, "0")} `;
  const tables = await Promise.all(
    ["tcp", "tcp6"].map((name) => Deno.readTextFile(`/proc/net/${name}`).catch(() => "")),
  );
  return tables.join("\n").split("\n").some((line) => line.includes(ending) && line.includes(" 0A "));
}

/** The same for a unix socket: its file is there a moment before. Flag 10000 says that it takes connections. */
async function isListeningAt(path: string): Promise<boolean> {
  const table = await Deno.readTextFile("/proc/net/unix");
  return table.split("\n").some((line) => line.endsWith(` ${path}`) && line.includes(" 00010000 "));
}

/** weston listens before it has a screen, and until then it closes each connection at once. */
async function isGreeting(port: number): Promise<boolean> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  return await conn.read(new Uint8Array(12)) !== null;
}
