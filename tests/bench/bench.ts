/**
 * The gateway against websockify, side by side in one run:
 * `deno task bench [--quick] [--only NAME,…] [--rounds N] [--schemes ws,wss] [--against CHECKOUT]`.
 *
 * Nothing is installed; without websockify only the gateway's own numbers are printed. The subjects take turns within each
 * round, since a shared machine's speed changes from minute to minute, and medians count. `--against` compares with another
 * checkout of this project instead, `--gateway` takes another one for the gateway itself. Deno reads /proc, where CPU time and
 * memory stand, with `--allow-all` only.
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { makeCertificate } from "./certificate.ts";
import type { Job, Result } from "./load.ts";
import { readCpuSeconds, readMemoryKiB, type Running, startProcess } from "./processes.ts";
import { listScenarios, type Run, type Scenario, WARM_SESSIONS } from "./scenarios.ts";
import { findWebsockify, type Setting, startGateway, startWebsockify, type Subject } from "./subjects.ts";
import { type Cell, renderTable, type Row } from "./table.ts";

type Start = (setting: Setting) => Promise<Subject>;
type Seconds = Record<"subject" | "load" | "source", number>;

/** What went on beside: the largest processor shares of the bench's own processes, and sessions refused at first, by subject. */
interface Notes {
  readonly busy: { load: number; source: number };
  readonly reopened: Map<string, number>;
}

const READY_TIMEOUT_MS = 60_000;
const DONE_TIMEOUT_MS = 120_000;
const CHECKOUT = new URL("../../", import.meta.url).pathname;

function readOptions() {
  return parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      only: { type: "string" },
      rounds: { type: "string" },
      schemes: { type: "string", default: "ws,wss" },
      against: { type: "string" },
      gateway: { type: "string", default: CHECKOUT },
    },
  }).values;
}

function startScript(script: string, ...args: string[]): Running {
  const flags = ["run", "--quiet", "--allow-net", "--unsafely-ignore-certificate-errors=127.0.0.1"];
  return startProcess(Deno.execPath(), [...flags, new URL(script, import.meta.url).pathname, ...args]);
}

function startLoad(job: Job): Running {
  return startScript("load.ts", JSON.stringify(job));
}

/** One turn: opens the sessions, then measures from the nudge to the result; they stay open until all is read. */
async function runOnce(subject: Subject, scenario: Scenario, source: Running, notes: Notes): Promise<Run> {
  const url = subject.urlOf(scenario.source);
  const memoryBeforeKiB = readMemoryKiB(subject.pid);
  const sessions = Math.min(scenario.job.sessions, subject.mostSessions);
  await using load = startLoad({ ...scenario.job, sessions, url });
  await load.readLine(READY_TIMEOUT_MS);
  const pids = { subject: subject.pid, load: load.pid, source: source.pid };
  const before = readSeconds(pids);
  await load.nudge();
  const result = JSON.parse(await load.readLine(DONE_TIMEOUT_MS)) as Result;
  const after = readSeconds(pids);
  noteBusy(notes, before, after, result.ms);
  notes.reopened.set(subject.name, (notes.reopened.get(subject.name) ?? 0) + (result.reopened ?? 0));
  await new Promise((resolve) => setTimeout(resolve, scenario.settleMs ?? 0));
  const memoryKiB = readMemoryKiB(subject.pid) - memoryBeforeKiB;
  await load.nudge();
  return { result, sessions, cpuSeconds: after.subject - before.subject, memoryKiB };
}

function readSeconds(pids: Record<keyof Seconds, number>): Seconds {
  const { subject, load, source } = pids;
  return { subject: readCpuSeconds(subject), load: readCpuSeconds(load), source: readCpuSeconds(source) };
}

function noteBusy({ busy }: Notes, before: Seconds, after: Seconds, ms: number): void {
  if (ms < 100) return;
  for (const who of ["load", "source"] as const) {
    busy[who] = Math.max(busy[who], (after[who] - before[who]) / (ms / 1000));
  }
}

/** All turns of one scenario, the subjects in alternating order; the first of each warms up when there are several. */
async function runScenario(scenario: Scenario, starts: Start[], setting: Setting, source: Running, notes: Notes) {
  await using stack = new AsyncDisposableStack();
  const runs: Run[][] = starts.map(() => []);
  const subjects: Subject[] = [];
  for (const start of starts) {
    const subject = stack.use(await start(setting));
    subjects.push(subject);
    const warm = stack.use(startLoad({ kind: "idle", sessions: WARM_SESSIONS, url: subject.urlOf("echo") }));
    await warm.readLine(READY_TIMEOUT_MS);
    await warm.nudge();
  }
  for (let round = scenario.rounds > 1 ? 0 : 1; round <= scenario.rounds; round++) {
    const turns = [...subjects.entries()];
    for (const [index, subject] of round % 2 === 0 ? turns.reverse() : turns) {
      const run = await runOnce(subject, scenario, source, notes);
      if (round > 0) runs[index]!.push(run);
    }
  }
  return runs;
}

function buildRows(scenario: Scenario, byScheme: { scheme: string; runs: Run[][] }[]): Row[] {
  return scenario.measures.map((measure) => {
    const takeFrom = (runs: Run[]) => runs.map((run) => measure.take(run));
    const cells = byScheme.map(({ scheme, runs: [ours = [], peers] }): Cell => ({
      scheme,
      ours: takeFrom(ours),
      peers: peers && takeFrom(peers),
    }));
    return { label: measure.label, digits: measure.digits, cells, ...(measure.target && { target: measure.target }) };
  });
}

/** The peer to compare with, by name, or undefined when there is none. */
function findPeer(against: string | undefined): { name: string; start: Start } | undefined {
  if (against !== undefined) return { name: "other", start: (setting) => startGateway("other", against, setting) };
  const websockify = findWebsockify();
  if (websockify === undefined) return undefined;
  return { name: "websockify", start: (setting) => startWebsockify(websockify, setting) };
}

async function main(): Promise<void> {
  const options = readOptions();
  const folder = await Deno.makeTempDir({ prefix: "porthole-bench-" });
  try {
    await using source = startScript("source.ts");
    const ports = JSON.parse(await source.readLine(READY_TIMEOUT_MS)) as Setting["ports"];
    const certificate = await makeCertificate(folder);
    const settings = new Map<string, Setting>([["ws", { folder, ports }], ["wss", { folder, ports, certificate }]]);
    const peer = findPeer(options.against);
    if (peer === undefined) console.error("websockify is not installed: only the gateway's own numbers follow.");
    const starts = [
      (setting: Setting) => startGateway("porthole", options.gateway, setting),
      ...peer ? [peer.start] : [],
    ];
    const notes: Notes = { busy: { load: 0, source: 0 }, reopened: new Map() };
    const rows: Row[] = [];
    for (const listed of listScenarios(options.quick)) {
      if (options.only !== undefined && !options.only.split(",").includes(listed.name)) continue;
      const scenario = { ...listed, rounds: listed.rounds > 1 ? Number(options.rounds ?? listed.rounds) : 1 };
      const byScheme = [];
      for (const scheme of options.schemes.split(",")) {
        console.error(`${scenario.name} over ${scheme} …`);
        byScheme.push({ scheme, runs: await runScenario(scenario, starts, settings.get(scheme)!, source, notes) });
      }
      rows.push(...buildRows(scenario, byScheme));
    }
    console.log(renderTable(rows, "porthole", peer?.name));
    console.log(`\n${cpus().length} cores, ${cpus()[0]?.model}; Deno ${Deno.version.deno}. ${describe(notes)}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function describe({ busy, reopened }: Notes): string {
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  const refusals = [...reopened].filter(([, count]) => count > 0)
    .map(([name, count]) => ` ${name} refused ${count} sessions at the first try.`);
  return `Of one core the load took ${percent(busy.load)} at most, the source ${percent(busy.source)}.${
    refusals.join("")
  }`;
}

if (import.meta.main) await main();
