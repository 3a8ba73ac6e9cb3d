/**
 * `deno task test`: runs every test, then lists those that were left out and says how to have them.
 *
 * Three processes share the work: most machines have two cores, of which a test seldom keeps one busy, and a test that
 * measures memory needs a process in which nothing else runs. Their sum is the last line.
 */
import { PACKAGES } from "./live/programs.ts";

/** What each process runs, one test after another. The last ones need programs, and take longest. */
const LANES = [["unit", "process"], ["http", "attack"], ["live", "browser"]]
  .map((names) => names.map((name) => `tests/${name}/`));

/** A test that was left out, and what it needs: programs, or a right that the machine does not give. */
export interface LeftOut {
  readonly name: string;
  readonly needs: readonly string[];
}

/** Reads the report that `deno test --junit-path` writes. */
export function listLeftOut(junit: string): LeftOut[] {
  const cases = junit.matchAll(/<testcase name="([^"]*)"[^>]*>\s*<skipped\s*\/>/g);
  return cases.map(([, escaped]) => {
    const [, name = "", needs] = /^(.*?)(?: \[needs (.*)\])?$/s.exec(unescape(escaped!))!;
    return { name, needs: needs?.split(", ") ?? [] };
  }).toArray();
}

function unescape(text: string): string {
  const named: Record<string, string> = { quot: '"', apos: "'", lt: "<", gt: ">", amp: "&" };
  return text.replace(/&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return named[name] ?? whole;
    return String.fromCodePoint(hex === undefined ? Number(decimal) : parseInt(hex, 16));
  });
}

/** The lines that `deno task test` ends with. */
export function describeLeftOut(leftOut: readonly LeftOut[]): string {
  if (leftOut.length === 0) return "No test was left out.";
  const lines = leftOut.map(({ name, needs }) => `  ${name}: ${describeNeeds(needs)}`);
  const needed = [...new Set(leftOut.flatMap(({ needs }) => needs))];
  const packages = [...new Set(needed.flatMap((program) => PACKAGES[program] ?? []))].sort();
  const others = needed.filter((program) => !(program in PACKAGES));
  return [
    `${leftOut.length} ${leftOut.length === 1 ? "test was" : "tests were"} left out:`,
    ...lines,
    ...(packages.length === 0 ? [] : [`On Debian or Ubuntu: apt-get install ${packages.join(" ")}`]),
    ...(others.length === 0 ? [] : [`Also needed: ${others.join("; ")}`]),
  ].join("\n");
}

function describeNeeds(needs: readonly string[]): string {
  return needs.length === 0 ? "its file says why" : `needs ${needs.join(", ")}`;
}

/** The report has no word for a test that `--filter` left out on purpose. */
function pickUnasked(args: readonly string[]): (leftOut: LeftOut) => boolean {
  const filters = args.some((arg) => arg.startsWith("--filter"));
  return ({ needs }) => !filters || needs.length > 0;
}

/** What one process came to. */
interface LaneResult {
  readonly code: number;
  readonly output: string;
  readonly leftOut: readonly LeftOut[];
}

/** Runs these folders; `tell` is given the output as it comes. */
async function runLane(
  folders: readonly string[],
  args: readonly string[],
  tell: (text: string) => void,
): Promise<LaneResult> {
  const report = await Deno.makeTempFile({ suffix: ".xml" });
  try {
    const test = ["test", "--allow-all", "--no-check", `--junit-path=${report}`, ...folders, ...args];
    const env: Record<string, string> = Deno.stdout.isTerminal() ? { FORCE_COLOR: "1" } : {};
    const child = new Deno.Command(Deno.execPath(), { args: test, env, stdout: "piped", stderr: "piped" }).spawn();
    let output = "";
    await Promise.all([child.stdout, child.stderr].map(async (stream) => {
      for await (const text of stream.pipeThrough(new TextDecoderStream())) {
        output += text;
        tell(text);
      }
    }));
    // The report is empty when no test ran: a type error, or a file that does not load.
    return { code: (await child.status).code, output, leftOut: listLeftOut(await Deno.readTextFile(report)) };
  } finally {
    await Deno.remove(report);
  }
}

/** The last line of deno test for all processes together: "ok | 4 passed (2 steps) | 0 failed | 1 ignored". */
export function sumUp(outputs: readonly string[], isOk: boolean): string {
  const sums = new Map<string, { tests: number; steps: number }>([["passed", NONE], ["failed", NONE]]);
  for (const output of outputs) {
    // deno-lint-ignore no-control-regex
    const closing = output.replaceAll(/\x1b\[[\d;]*m/g, "").match(/^(?:ok|FAILED) \| \d+ passed.*$/gm)?.at(-1) ?? "";
    for (const [, tests, word, steps] of closing.matchAll(/(\d+) ([a-z ]+?)(?: \((\d+) steps?\))?(?= \||\)? \(|$)/g)) {
      const sum = sums.get(word!) ?? NONE;
      sums.set(word!, { tests: sum.tests + Number(tests), steps: sum.steps + Number(steps ?? 0) });
    }
  }
  const parts = [...sums].map(([word, { tests, steps }]) => `${tests} ${word}${describeSteps(steps)}`);
  return [isOk ? "ok" : "FAILED", ...parts].join(" | ");
}

const NONE = { tests: 0, steps: 0 };

function describeSteps(steps: number): string {
  return steps === 0 ? "" : ` (${steps} ${steps === 1 ? "step" : "steps"})`;
}

function print(text: string): void {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}

/** Prints what several speakers say at the same time: what one says waits until those before it have ended. */
function createTurns() {
  const turns: { held: string; hasEnded: boolean }[] = [];
  function speak(): void {
    for (const turn of turns) {
      print(turn.held);
      turn.held = "";
      if (!turn.hasEnded) return;
    }
  }
  return () => {
    const turn = { held: "", hasEnded: false };
    turns.push(turn);
    return {
      tell(text: string) {
        turn.held += text;
        speak();
      },
      end() {
        turn.hasEnded = true;
        speak();
      },
    };
  };
}

/** Checks the types once for all processes. */
async function checkTypes(): Promise<number> {
  return (await new Deno.Command(Deno.execPath(), { args: ["check", "--quiet"] }).spawn().status).code;
}

/** Runs everything. */
async function runTests(args: readonly string[]): Promise<number> {
  const checked = await checkTypes();
  if (checked !== 0) return checked;
  const takeTurn = createTurns();
  const results = await Promise.all(LANES.map(async (folders) => {
    const { tell, end } = takeTurn();
    return await runLane(folders, args, tell).finally(end);
  }));
  const code = Math.max(...results.map(({ code }) => code));
  console.log(describeLeftOut(results.flatMap(({ leftOut }) => leftOut).filter(pickUnasked(args))));
  console.log(sumUp(results.map(({ output }) => output), code === 0));
  return code;
}

if (import.meta.main) Deno.exit(await runTests(Deno.args));
