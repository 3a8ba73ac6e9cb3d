/** Processes of the bench: started with a line protocol, measured from /proc with their children, ended by their own id. */

/** A process whose stdout is read line by line. */
export interface Running extends AsyncDisposable {
  readonly pid: number;
  /** The next line of stdout; rejects with its stderr if it ends or takes too long. */
  readLine(timeoutMs: number): Promise<string>;
  /** Starts its next step. */
  nudge(): Promise<void>;
}

const END_TIMEOUT_MS = 5000;
const STDERR_KEPT_CHARACTERS = 2000;
const CLOCK_TICKS_PER_SECOND = 100;

/** Those that have not ended. */
const children = new Set<Deno.ChildProcess>();

/** Ends every process at once, for a bench that is interrupted. */
export function endAll(): void {
  for (const child of children) child.kill("SIGKILL");
}

/** Starts a process; disposing sends SIGTERM, then SIGKILL. */
export function startProcess(command: string, args: string[], options: Deno.CommandOptions = {}): Running {
  const child = new Deno.Command(command, { ...options, args, stdin: "piped", stdout: "piped", stderr: "piped" })
    .spawn();
  children.add(child);
  child.status.then(() => children.delete(child));
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new LineStream()).getReader();
  const stdin = child.stdin.getWriter();
  let stderr = "";
  const reading = (async () => {
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      stderr = (stderr + text).slice(-STDERR_KEPT_CHARACTERS);
    }
  })();
  return {
    pid: child.pid,
    async readLine(timeoutMs) {
      const line = await within(lines.read(), timeoutMs).catch(() => undefined);
      if (line === undefined || line.done) throw new Error(`${command} ${args.join(" ")}: no answer\n${stderr}`);
      return line.value;
    },
    async nudge() {
      await stdin.write(new Uint8Array([10]));
    },
    async [Symbol.asyncDispose]() {
      await stdin.close().catch(() => {});
      await endProcess(child);
      await lines.cancel();
      await reading;
    },
  };
}

async function endProcess(child: Deno.ChildProcess): Promise<void> {
  const kill = (signal: Deno.Signal) => {
    try {
      child.kill(signal);
    } catch {
      // It has already ended.
    }
  };
  kill("SIGTERM");
  await within(child.status, END_TIMEOUT_MS).catch(() => kill("SIGKILL"));
  await child.status;
}

async function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`Nothing within ${ms} ms`)), ms);
  return await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Cuts text into lines; its queue has no limit, so that nobody has to read on for the process to go on. */
class LineStream extends TransformStream<string, string> {
  constructor() {
    let rest = "";
    const cut: Transformer<string, string> = {
      transform(text, controller) {
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) controller.enqueue(line);
      },
    };
    super(cut, undefined, { highWaterMark: Infinity });
  }
}

interface Stat {
  readonly pid: number;
  readonly parent: number;
  /** User and system time of the children that it has waited for. */
  readonly waitedSeconds: number;
}

/** proc(5): after the command's closing parenthesis come state, ppid, …, and as fields 16 and 17 cutime and cstime. */
function parseStat(text: string): Stat {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const waitedTicks = Number(fields[13]) + Number(fields[14]);
  return { pid: parseInt(text), parent: Number(fields[1]), waitedSeconds: waitedTicks / CLOCK_TICKS_PER_SECOND };
}

/**
 * What a process itself has taken: the sum over its threads' schedstat, in nanoseconds. utime and stime of stat come in ticks of
 * 10 ms, which is most of what each of 64 processes takes in a second.
 */
function readOwnSeconds(pid: number): number {
  const threads = readNames(`/proc/${pid}/task`);
  const nanoseconds = threads.map((thread) => parseInt(readIfThere(`/proc/${pid}/task/${thread}/schedstat`)) || 0);
  return nanoseconds.reduce((sum, one) => sum + one, 0) / 1e9;
}

function readNames(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map((entry) => entry.name);
  } catch {
    return [];
  }
}

function readIfThere(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}

/** The process and everything below it that is alive. */
function readTree(root: number): Stat[] {
  const all = readNames("/proc").filter((name) => /^\d+$/.test(name))
    .map((name) => readIfThere(`/proc/${name}/stat`)).filter((text) => text !== "").map(parseStat);
  const tree = all.filter((stat) => stat.pid === root);
  for (const member of tree) tree.push(...all.filter((stat) => stat.parent === member.pid));
  return tree;
}

/** CPU time that processes and their children, living and waited for, have taken so far. */
export function readCpuSeconds(pids: readonly number[]): number {
  return pids.flatMap(readTree).reduce((sum, stat) => sum + stat.waitedSeconds + readOwnSeconds(stat.pid), 0);
}

/** Memory of processes and their living children in KiB: the proportional set size, so that shared pages count once. */
export function readMemoryKiB(pids: readonly number[]): number {
  const readOne = (stat: Stat) =>
    Number(/^Pss:\s+(\d+)/m.exec(readIfThere(`/proc/${stat.pid}/smaps_rollup`))?.[1] ?? 0);
  return pids.flatMap(readTree).reduce((sum, stat) => sum + readOne(stat), 0);
}
