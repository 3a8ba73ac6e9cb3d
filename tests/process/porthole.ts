/** The program in a process of its own, with the flags of its task, in a folder of its own. */
import { readTask } from "../fakes/packaging.ts";

/** A process that neither says what is waited for nor ends within this time has hung. */
const HUNG_MS = 60_000;

/** What a process that has ended leaves. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder in which the program runs. */
export class Place implements AsyncDisposable {
  readonly #running = new Set<Porthole>();

  private constructor(readonly folder: string) {}

  /** Makes the folder, with a `sources.yaml` where there is one. */
  static async make(yaml?: string): Promise<Place> {
    const place = new Place(await Deno.makeTempDir());
    if (yaml !== undefined) await place.edit(yaml);
    return place;
  }

  /** The path of its `sources.yaml`. */
  get file(): string {
    return `${this.folder}/sources.yaml`;
  }

  /** Writes `sources.yaml`. */
  edit(yaml: string): Promise<void> {
    return Deno.writeTextFile(this.file, yaml);
  }

  /** Starts the program with these arguments; `input` is all that it can read from stdin. */
  start(args: readonly string[], options: StartOptions = {}): Porthole {
    const porthole = new Porthole(this.folder, args, options);
    this.#running.add(porthole);
    porthole.ended.then(() => this.#running.delete(porthole));
    return porthole;
  }

  /** Starts a gateway and waits until it is ready. */
  async serve(args: readonly string[] = [], options: StartOptions = {}): Promise<Porthole & { readonly url: URL }> {
    const porthole = this.start(args, options);
    const [, url = ""] = await porthole.waitFor("stdout", /^porthole ready (\S+)$/m);
    return Object.assign(porthole, { url: new URL(url) });
  }

  /** Runs a command to its end. */
  async run(args: readonly string[], options: StartOptions = {}): Promise<Ended> {
    return await this.start(args, options).ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const porthole of [...this.#running]) {
      porthole.signal("SIGKILL");
      await porthole.ended;
    }
    await Deno.remove(this.folder, { recursive: true });
  }
}

interface StartOptions {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** A module of the folder that runs in the process before the program. */
  readonly preload?: string;
  /** The limit on its file descriptors. */
  readonly descriptors?: number;
  /** Nothing reads stderr before `readStderr()` is called or the process ends. */
  readonly stderrUnread?: boolean;
}

/** One process. */
export class Porthole {
  /** Resolves when it has ended and its outputs are read. */
  readonly ended: Promise<Ended>;
  readonly #child: Deno.ChildProcess;
  readonly #output = { stdout: "", stderr: "" };
  #change = Promise.withResolvers<void>();
  readonly #stderrRead = Promise.withResolvers<void>();
  #hasEnded = false;

  constructor(
    folder: string,
    args: readonly string[],
    { input, env = {}, preload, descriptors, stderrUnread }: StartOptions,
  ) {
    const [program, ...rest] = limitDescriptors([Deno.execPath(), ...readTaskArguments(preload), ...args], descriptors);
    this.#child = new Deno.Command(program!, {
      args: rest,
      cwd: folder,
      env: { NO_COLOR: "1", ...env },
      stdin: input === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    if (!stderrUnread) this.readStderr();
    if (input !== undefined) this.#write(input);
    this.ended = this.#watch();
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Waits until the output matches. @throws Error with all output if it ends first, or says nothing for too long. */
  async waitFor(output: "stdout" | "stderr", pattern: RegExp): Promise<RegExpMatchArray> {
    for (let match; !this.#hasEnded; await this.#waitForMore(pattern)) {
      if ((match = this.#output[output].match(pattern))) return match;
    }
    return this.#output[output].match(pattern) ?? this.#fail(`ended without ${pattern}`);
  }

  readStderr(): void {
    this.#stderrRead.resolve();
  }

  /** What it has said so far. */
  said(output: "stdout" | "stderr"): string {
    return this.#output[output];
  }

  signal(name: Deno.Signal): void {
    if (!this.#hasEnded) this.#child.kill(name);
  }

  async #watch(): Promise<Ended> {
    const status = this.#child.status.finally(() => this.readStderr());
    const [{ code }] = await Promise.all([
      status,
      this.#read("stdout", this.#child.stdout),
      this.#stderrRead.promise.then(() => this.#read("stderr", this.#child.stderr)),
    ]);
    this.#hasEnded = true;
    this.#change.resolve();
    return { code, ...this.#output };
  }

  async #read(output: "stdout" | "stderr", stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      this.#output[output] += text;
      this.#change.resolve();
      this.#change = Promise.withResolvers();
    }
  }

  async #write(input: string): Promise<void> {
    const writer = this.#child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input));
    await writer.close();
  }

  async #waitForMore(pattern: RegExp): Promise<void> {
    const hung = Promise.withResolvers<void>();
    const timer = setTimeout(() => hung.reject(), HUNG_MS);
    try {
      await Promise.race([this.#change.promise, hung.promise]);
    } catch {
      this.#fail(`did not say ${pattern}`);
    } finally {
      clearTimeout(timer);
    }
  }

  #fail(what: string): never {
    throw new Error(`porthole ${what}\nstdout:\n${this.#output.stdout}\nstderr:\n${this.#output.stderr}`);
  }
}

/** The words of a command that runs another one with a limit on its descriptors. */
function limitDescriptors(command: readonly string[], most?: number): readonly string[] {
  return most === undefined ? command : ["sh", "-c", `ulimit -n ${most}; exec "$@"`, "sh", ...command];
}

/** `run`, the flags and `main.ts`, as the task has them. */
function readTaskArguments(preload?: string): string[] {
  const words = readTask("start");
  const main = new URL("../../main.ts", import.meta.url).pathname;
  const more = preload === undefined ? [] : [`--preload=${preload}`];
  return [...words.slice(words.indexOf("run"), -1), "--no-prompt", ...more, main];
}
