/** Takes turns: the subjects of one scenario, round by round, and what each turn measured. */
import type { Job, Result } from "./job.ts";
import { GATEWAY_HOST, type Host, type Network } from "./network/network.ts";
import { readCpuSeconds, readMemoryKiB, type Running, startProcess } from "./processes.ts";
import type { Run, Scenario, Waiting } from "./scenario.ts";
import type { Setting, Subject } from "./subjects.ts";

/** Starts one subject. */
export type Start = (setting: Setting) => Promise<Subject>;
type Seconds = Record<"subject" | "load" | "source", number>;

/** What went on beside: the largest processor shares of the bench's own processes, and sessions refused at first, by subject. */
export interface Notes {
  readonly busy: { load: number; source: number };
  readonly reopened: Map<string, number>;
}

/** A subject, and what is done with it. */
export interface Contestant {
  readonly start: Start;
  readonly source: string;
  /** What its job has otherwise. */
  readonly job?: Partial<Job>;
}

/** The turns of one scenario: the subjects, the source, and the job. */
export interface Rounds {
  readonly scenario: Scenario;
  readonly contestants: readonly Contestant[];
  readonly setting: Setting;
  /** The source's process, to see how busy it is. */
  readonly source: Running;
  readonly notes: Notes;
}

/** Any process of the bench is ready within this. */
export const READY_TIMEOUT_MS = 60_000;
/** Ten thousand sessions are open within this. */
const OPEN_TIMEOUT_MS = 240_000;
/** More than any turn lasts; the number has 16 bits in the request. */
const ENDLESS_UPDATES = 65_535;
const DONE_TIMEOUT_MS = 120_000;
/** Idle sessions that are open on each subject before its first turn, so that what it needs only once is not measured. */
const WARM_SESSIONS = 8;

/** Starts a script of the bench as a process of its own, on a host of the network if there is one. */
export function startScript(
  script: string,
  args: readonly string[] = [],
  network?: Network,
  host: Host = "viewer",
): Running {
  const flags = ["run", "--quiet", "--allow-net", `--unsafely-ignore-certificate-errors=127.0.0.1,${GATEWAY_HOST}`];
  const words = [...flags, new URL(script, import.meta.url).pathname, ...args];
  return startProcess(...(network?.wrap(host, Deno.execPath(), words) ?? [Deno.execPath(), words]));
}

function startLoad(job: Job, network?: Network): Running {
  return startScript("load.ts", [JSON.stringify(job)], network);
}

/** The same steps in Chromium, which needs every right. */
function startPage(job: Job, network?: Network): Running {
  const path = new URL("../browser/bench_page.ts", import.meta.url).pathname;
  const words = ["run", "--quiet", "--no-check", "--allow-all", path, JSON.stringify(job)];
  return startProcess(...(network?.wrap("viewer", Deno.execPath(), words) ?? [Deno.execPath(), words]));
}

/** One turn; with a stream beside it, the load runs alone first. */
async function runTurn(subject: Subject, contestant: Contestant, rounds: Rounds): Promise<Run> {
  const { beside } = rounds.scenario;
  if (beside === undefined) return await runOnce(subject, contestant, rounds);
  const { result: alone } = await runOnce(subject, contestant, rounds);
  await using stream = startLoad({ kind: "flood", sessions: 1, updates: ENDLESS_UPDATES, url: subject.urlOf(beside) });
  await stream.readLine(READY_TIMEOUT_MS);
  await stream.nudge();
  return { ...await runOnce(subject, contestant, rounds), alone };
}

/** Opens the sessions, then measures from the nudge to the result; they stay open until all is read. */
async function runOnce(subject: Subject, contestant: Contestant, rounds: Rounds): Promise<Run> {
  const { scenario, source, notes, setting: { network } } = rounds;
  const memoryBeforeKiB = readMemoryKiB(subject.pids);
  const job = buildJob(subject, contestant, scenario);
  await using load = (scenario.inPage ? startPage : startLoad)(job, network);
  await load.readLine(OPEN_TIMEOUT_MS);
  const pids = { subject: subject.pids, load: [load.pid], source: [source.pid] };
  const before = readSeconds(pids);
  await load.nudge();
  const result = JSON.parse(await load.readLine(DONE_TIMEOUT_MS)) as Result;
  const after = readSeconds(pids);
  const waiting = network && await readWaiting(network, source, result);
  if (!scenario.inPage) noteBusy(notes, before, after, result.ms);
  notes.reopened.set(subject.name, (notes.reopened.get(subject.name) ?? 0) + (result.reopened ?? 0));
  await new Promise((resolve) => setTimeout(resolve, scenario.settleMs ?? 0));
  const memoryKiB = readMemoryKiB(subject.pids) - memoryBeforeKiB;
  await load.nudge();
  const { sessions } = job;
  return { result, sessions, cpuSeconds: after.subject - before.subject, memoryKiB, ...(waiting && { waiting }) };
}

function buildJob(subject: Subject, { source, job }: Contestant, scenario: Scenario): Job {
  const url = scenario.inPage ? subject.pageOf?.(source) : subject.urlOf(source);
  if (url === undefined) throw new Error(`${subject.name} has no page`);
  const sessions = Math.min(scenario.job.sessions, subject.mostSessions);
  return { ...scenario.job, ...job, sessions, url, ...(scenario.link && { echoUrl: subject.urlOf("echo") }) };
}

/** What the source has sent and the viewer has not got, less what the kernels hold of it: the subject's own. */
async function readWaiting(network: Network, source: Running, { received = NaN }: Result): Promise<Waiting> {
  const [queues] = await Promise.all([network.readQueues(), source.nudge()]);
  const bytes = Number(await source.readLine(READY_TIMEOUT_MS)) - received;
  const before = queues.source + queues.gatewayIn;
  return { bytes, before, own: Math.max(0, bytes - before - queues.gatewayOut - queues.viewer) };
}

function readSeconds({ subject, load, source }: Record<keyof Seconds, readonly number[]>): Seconds {
  return { subject: readCpuSeconds(subject), load: readCpuSeconds(load), source: readCpuSeconds(source) };
}

function noteBusy({ busy }: Notes, before: Seconds, after: Seconds, ms: number): void {
  if (ms < 100) return;
  for (const who of ["load", "source"] as const) {
    busy[who] = Math.max(busy[who], (after[who] - before[who]) / (ms / 1000));
  }
}

/** All turns of one scenario, the subjects in alternating order; the first of each warms up when there are several. */
export async function runScenario(rounds: Rounds): Promise<Run[][]> {
  const { scenario } = rounds;
  await using stack = new AsyncDisposableStack();
  const subjects: Subject[] = [];
  for (const { start } of rounds.contestants) subjects.push(await startWarm(start, rounds.setting, stack));
  const runs: Run[][] = subjects.map(() => []);
  for (let round = scenario.rounds > 1 ? 0 : 1; round <= scenario.rounds; round++) {
    const turns = [...subjects.entries()];
    for (const [index, subject] of round % 2 === 0 ? turns.reverse() : turns) {
      const run = await runTurn(subject, rounds.contestants[index]!, rounds);
      if (round > 0) runs[index]!.push(run);
    }
  }
  return runs;
}

async function startWarm(start: Start, setting: Setting, stack: AsyncDisposableStack): Promise<Subject> {
  const subject = stack.use(await start(setting));
  const job: Job = { kind: "idle", sessions: WARM_SESSIONS, url: subject.urlOf("echo") };
  const warm = stack.use(startLoad(job, setting.network));
  await warm.readLine(READY_TIMEOUT_MS);
  await warm.nudge();
  return subject;
}

/** The notes in a sentence or two. */
export function describeNotes({ busy, reopened }: Notes): string {
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  const refusals = [...reopened].filter(([, count]) => count > 0)
    .map(([name, count]) => ` ${name} refused ${count} sessions at the first try.`).join("");
  return `Of one core the load took ${percent(busy.load)} at most, the source ${percent(busy.source)}.${refusals}`;
}
