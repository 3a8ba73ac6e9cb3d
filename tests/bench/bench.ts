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
import { findProgram } from "../live/programs.ts";
import { makeCertificate } from "./certificate.ts";
import { describeNotes, type Notes, READY_TIMEOUT_MS, runScenario, type Start, startScript } from "./rounds.ts";
import { listScenarios, listStageScenarios, type Run, type Scenario } from "./scenarios.ts";
import { type Setting, startGateway, startWebsockify } from "./subjects.ts";
import { type Cell, renderTable, type Row } from "./table.ts";
import type { Running } from "./processes.ts";

type Options = ReturnType<typeof readOptions>;

/** What all scenarios share. */
interface Bench {
  readonly options: Options;
  readonly source: Running;
  readonly settings: ReadonlyMap<string, Setting>;
  readonly gateway: Start;
  readonly notes: Notes;
}

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
  const websockify = findProgram("websockify");
  if (websockify === undefined) return undefined;
  return { name: "websockify", start: (setting) => startWebsockify(websockify, setting) };
}

/** Those that `--only` names, or all, with as many rounds as `--rounds` says. */
function choose(scenarios: Scenario[], { only, rounds }: Options): Scenario[] {
  const names = only?.split(",");
  return scenarios.filter(({ name }) => names?.includes(name) ?? true)
    .map((scenario) => ({ ...scenario, rounds: scenario.rounds > 1 ? Number(rounds ?? scenario.rounds) : 1 }));
}

async function measure(bench: Bench, scenario: Scenario, peer: Start | undefined, schemes: string[]): Promise<Row[]> {
  const contestants = [
    { start: bench.gateway, source: scenario.source },
    ...peer ? [{ start: peer, source: scenario.than ?? scenario.source }] : [],
  ];
  const byScheme = [];
  for (const scheme of schemes) {
    console.error(`${scenario.name} over ${scheme} …`);
    const setting = bench.settings.get(scheme);
    if (setting === undefined) throw new Error(`There is no scheme ${scheme}`);
    byScheme.push({ scheme, runs: await runScenario({ ...bench, scenario, contestants, setting }) });
  }
  return buildRows(scenario, byScheme);
}

async function measureAgainstPeer(bench: Bench): Promise<void> {
  const scenarios = choose(listScenarios(bench.options.quick), bench.options);
  const peer = findPeer(bench.options.against);
  if (peer === undefined) console.error("websockify is not installed: only the gateway's own numbers follow.");
  const rows: Row[] = [];
  for (const scenario of scenarios) {
    rows.push(...await measure(bench, scenario, peer?.start, bench.options.schemes.split(",")));
  }
  if (rows.length > 0) console.log(`${renderTable(rows, "porthole", peer?.name)}\n`);
}

async function measureStages(bench: Bench): Promise<void> {
  const scenarios = choose(listStageScenarios(bench.options.quick), bench.options);
  const rows: Row[] = [];
  for (const scenario of scenarios) rows.push(...await measure(bench, scenario, bench.gateway, ["stages"]));
  if (rows.length > 0) console.log(`${renderTable(rows, "with", "without")}\n`);
}

async function main(): Promise<void> {
  const options = readOptions();
  const folder = await Deno.makeTempDir({ prefix: "porthole-bench-" });
  try {
    await using source = startScript("source.ts");
    const ports = JSON.parse(await source.readLine(READY_TIMEOUT_MS)) as Setting["ports"];
    await using slowLink = startScript("slow_link.ts", String(ports.asks));
    const far = Number(await slowLink.readLine(READY_TIMEOUT_MS));
    const settings = new Map<string, Setting>([
      ["ws", { folder, ports }],
      ["wss", { folder, ports, certificate: await makeCertificate(folder) }],
      ["stages", { folder, ports: { ...ports, far } }],
    ]);
    const gateway: Start = (setting) => startGateway("porthole", options.gateway, setting);
    const notes: Notes = { busy: { load: 0, source: 0 }, reopened: new Map() };
    const bench = { options, source, settings, gateway, notes };
    await measureAgainstPeer(bench);
    await measureStages(bench);
    console.log(`${cpus().length} cores, ${cpus()[0]?.model}; Deno ${Deno.version.deno}. ${describeNotes(notes)}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) await main();
