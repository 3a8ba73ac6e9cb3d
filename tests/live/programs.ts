/** Installed programs that live and browser tests and the bench drive: found, started, ended. */
import { AsyncLocalStorage } from "node:async_hooks";

/** Chromium as Debian calls it; PORTHOLE_CHROMIUM is the path of another. */
export const CHROMIUM = Deno.env.get("PORTHOLE_CHROMIUM") ?? "chromium";

/** The path of a program of that name, or at that path; undefined where there is none. */
export function findProgram(name: string): string | undefined {
  const folders = name.includes("/") ? [""] : (Deno.env.get("PATH") ?? "").split(":").map((folder) => `${folder}/`);
  return folders.map((folder) => folder + name).find(isFile);
}

/** The Debian package of each program, or file, that a test needs. */
export const PACKAGES: Readonly<Record<string, string>> = {
  "/usr/include/netinet/tcp.h": "libc6-dev",
  "/usr/share/novnc/vnc.html": "novnc",
  "/usr/share/fonts/X11/misc/fonts.dir": "xfonts-base",
  Xtightvnc: "tightvncserver",
  Xtigervnc: "tigervnc-standalone-server",
  Xvfb: "xvfb",
  Xvnc: "tigervnc-standalone-server",
  apache2: "apache2-bin",
  caddy: "caddy",
  cc: "gcc",
  chromium: "chromium",
  chroot: "coreutils",
  curl: "curl",
  env: "coreutils",
  haproxy: "haproxy",
  ip: "iproute2",
  mkfifo: "coreutils",
  mount: "mount",
  nginx: "nginx-light",
  openssl: "openssl",
  promtool: "prometheus",
  "qemu-system-x86_64": "qemu-system-x86",
  setpriv: "util-linux",
  ss: "iproute2",
  sway: "sway",
  swaybg: "swaybg",
  "systemd-analyze": "systemd",
  unshare: "util-linux",
  vncconfig: "tigervnc-standalone-server",
  vncpasswd: "tigervnc-tools",
  wayvnc: "wayvnc",
  websockify: "websockify",
  x11vnc: "x11vnc",
  xclip: "xclip",
  xdotool: "xdotool",
  xdpyinfo: "x11-utils",
  xrandr: "x11-xserver-utils",
  xsetroot: "x11-xserver-utils",
  xterm: "xterm",
};

/** What the running test, or the preparation of one, says that it needs. */
const declared = new AsyncLocalStorage<readonly string[]>();

/**
 * Registers a test that needs installed programs; if something is missing, the test is left out, and its name says what.
 * It fails if it starts another program, because it would also fail where only that one is missing.
 *
 * @param lacking what else is missing: a right, a system
 */
export function testWith(
  programs: readonly string[],
  name: string,
  run: (t: Deno.TestContext) => Promise<void>,
  lacking: readonly string[] = [],
): void {
  const missing = [...programs.filter((program) => findProgram(program) === undefined), ...lacking];
  const fullName = missing.length === 0 ? name : `${name} [needs ${missing.join(", ")}]`;
  Deno.test({ name: fullName, ignore: missing.length > 0, fn: (t) => runNeeding(programs, () => run(t)) });
}

/** Runs something that starts these programs only, for which the caller has looked. */
export function runNeeding<Result>(programs: readonly string[], run: () => Result): Result {
  return declared.run(programs, run);
}

/** Every system on which the tests run has Deno and a shell. @throws Error for a program that the test does not name */
export function checkDeclared(program: string): void {
  if (program === Deno.execPath() || program === "sh" || declared.getStore()?.includes(program)) return;
  throw new Error(`This test starts ${program}: name it in testWith()`);
}

/** How a program is started. */
export interface ProgramOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Written to its standard input, which is then closed. */
  readonly input?: string;
}

/** A program that runs until it ends or is disposed of. */
export class Program implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #name: string;
  readonly #reading: Promise<void>[];
  #output = "";
  #onOutput = () => {};
  #hasEnded = false;

  private constructor(name: string, child: Deno.ChildProcess) {
    this.#name = name;
    this.#child = child;
    this.#reading = [this.#read(child.stdout), this.#read(child.stderr)];
    child.status.then(() => {
      this.#hasEnded = true;
      this.#onOutput();
    });
  }

  /** Starts it; what it writes is kept for error messages. */
  static async start(name: string, { args = [], env = {}, cwd, input }: ProgramOptions = {}): Promise<Program> {
    checkDeclared(name);
    const child = new Deno.Command(name, {
      args: [...args],
      env,
      ...(cwd === undefined ? {} : { cwd }),
      stdin: input === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    if (input !== undefined) {
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode(input));
      await writer.close();
    }
    return new Program(name, child);
  }

  /** Everything written so far, on both outputs. */
  get output(): string {
    return this.#output;
  }

  /** Whether it has ended. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** The process id, for measuring. */
  get pid(): number {
    return this.#child.pid;
  }

  /** The first match in its output. @throws Error with its output if it ends first. */
  async waitFor(pattern: RegExp): Promise<RegExpMatchArray> {
    while (true) {
      const match = this.#output.match(pattern);
      if (match) return match;
      if (this.#hasEnded) throw new Error(`${this.#name} ended without ${pattern}:\n${this.#output}`);
      await new Promise<void>((resolve) => this.#onOutput = resolve);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#hasEnded) this.#child.kill("SIGTERM");
    const kill = setTimeout(() => this.#child.kill("SIGKILL"), 3_000);
    await this.#child.status;
    clearTimeout(kill);
    await Promise.all(this.#reading);
  }

  async #read(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream() as never) as ReadableStream<string>) {
      this.#output += text;
      this.#onOutput();
    }
  }
}

/** Runs a program to its end and returns its standard output. @throws Error if it fails. */
export async function runProgram(name: string, options: ProgramOptions = {}): Promise<string> {
  const { args = [], env = {}, cwd } = options;
  checkDeclared(name);
  const command = new Deno.Command(name, {
    args: [...args],
    env,
    stdin: "null",
    ...(cwd === undefined ? {} : { cwd }),
  });
  const { success, stdout, stderr } = await command.output();
  if (!success) throw new Error(`${name} failed: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

/** A TCP port of the loopback that was free a moment ago, for programs that cannot choose one themselves. */
export function findFreePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Whether a program listens on that port of the loopback. */
export async function accepts(port: number): Promise<boolean> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => null);
  connection?.close();
  return connection !== null;
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
