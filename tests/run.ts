/** `deno task test`: runs every test, then lists those that were left out and says how to have them. */
import { PACKAGES } from "./live/programs.ts";

const FOLDERS = ["unit", "http", "process", "attack", "live", "browser"].map((name) => `tests/${name}/`);

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

async function runTests(args: readonly string[]): Promise<number> {
  const report = await Deno.makeTempFile({ suffix: ".xml" });
  try {
    const test = ["test", "--allow-all", `--junit-path=${report}`, ...FOLDERS, ...args];
    const { code } = await new Deno.Command(Deno.execPath(), { args: test }).spawn().status;
    const junit = await Deno.readTextFile(report);
    // Empty when no test ran: a type error, or a file that does not load.
    if (junit !== "") console.log(describeLeftOut(listLeftOut(junit).filter(pickUnasked(args))));
    return code;
  } finally {
    await Deno.remove(report);
  }
}

if (import.meta.main) Deno.exit(await runTests(Deno.args));
