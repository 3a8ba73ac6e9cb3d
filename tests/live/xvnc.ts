/** TigerVNC's Xvnc: a real X server that is its own VNC server. */
import { checkDeclared, findFreePort, Program, runProgram } from "./programs.ts";

/** Which Xvnc. */
export interface XvncOptions {
  /** "640x480" */
  readonly geometry?: string;
  /** The value of Xvnc's -SecurityTypes. */
  readonly securityTypes?: string;
  /** For VncAuth, which uses at most eight characters. */
  readonly password?: string;
  readonly args?: readonly string[];
}

/** A running Xvnc without window manager or clients. */
export class Xvnc implements AsyncDisposable {
  readonly port: number;
  /** The environment with which its programs find it. */
  readonly env: Readonly<Record<string, string>>;
  readonly #stack: AsyncDisposableStack;

  private constructor(port: number, display: string, stack: AsyncDisposableStack) {
    this.port = port;
    this.env = { DISPLAY: `:${display}`, LANG: "C.UTF-8" };
    this.#stack = stack;
  }

  /** Starts it on a free display and port of the loopback, and waits until it can be used. */
  static async start(options: XvncOptions = {}): Promise<Xvnc> {
    const { geometry = "640x480", securityTypes = "None", password, args = [] } = options;
    await using stack = new AsyncDisposableStack();
    const port = findFreePort();
    const passwordArgs = password === undefined ? [] : ["-rfbauth", await writePasswordFile(password, stack)];
    const program = stack.use(
      await Program.start("Xvnc", {
        args: [
          ...["-displayfd", "1", "-geometry", geometry, "-rfbport", String(port), "-interface", "127.0.0.1"],
          ...["-nolisten", "tcp", "-ac", "-SecurityTypes", securityTypes, "-BlacklistThreshold=100000"],
          ...passwordArgs,
          ...args,
        ],
      }),
    );
    const [, display = ""] = await program.waitFor(/^(\d+)$/m);
    return new Xvnc(port, display, stack.move());
  }

  /** Starts an X program on this screen; it ends with the screen. */
  async start(name: string, args: readonly string[], input?: string): Promise<Program> {
    const program = await Program.start(name, { args, env: this.env, ...(input === undefined ? {} : { input }) });
    return this.#stack.use(program);
  }

  /** Runs an X program on this screen to its end. */
  run(name: string, ...args: readonly string[]): Promise<string> {
    return runProgram(name, { args, env: this.env });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

async function writePasswordFile(password: string, stack: AsyncDisposableStack): Promise<string> {
  const path = await Deno.makeTempFile();
  stack.defer(() => Deno.remove(path));
  await Deno.writeFile(path, await makePasswordFile(password), { mode: 0o600 });
  return path;
}

/** What `-rfbauth` reads, for every server that knows it. */
export async function makePasswordFile(password: string): Promise<Uint8Array> {
  checkDeclared("vncpasswd");
  const child = new Deno.Command("vncpasswd", { args: ["-f"], stdin: "piped", stdout: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`${password}\n`));
  await writer.close();
  return (await child.output()).stdout;
}
