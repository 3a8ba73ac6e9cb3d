/**
 * The gateway against what else there is, side by side in one run:
 * `deno task bench [--quick] [--only NAME,…] [--rounds N] [--schemes ws,wss] [--against CHECKOUT] [--c-relay FOLDER]`.
 *
 * Nothing is installed; what the machine lacks is left out by name. The subjects take turns within each round, since a
 * shared machine's speed changes from minute to minute, and medians count. Deno reads /proc, where CPU time and memory
 * stand, with `--allow-all` only.
 */
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { CHROMIUM, findProgram } from "../live/programs.ts";
import { makeCertificate } from "./certificate.ts";
import { findPeers, type Peer } from "./contestants.ts";
import { listGroups } from "./groups.ts";
import type { Running } from "./processes.ts";
import { describeNotes, type Notes, READY_TIMEOUT_MS, runScenario, type Start, startScript } from "./rounds.ts";
import type { Group, Run, Scenario } from "./scenario.ts";
import { type Ports, type Setting, startGateway } from "./subjects.ts";
import { renderTable, type Row } from "./table.ts";

type Options = ReturnType<typeof readOptions>;

/** What all scenarios share. */
interface Bench {
  readonly options: Options;
  readonly source: Running;
  readonly settings: ReadonlyMap<string, Setting>;
  readonly gateway: Start;
  readonly peers: readonly Peer[];
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
      alone: { type: "boolean", default: false },
      "c-relay": { type: "string" },
      crowd: { type: "string", default: "5000" },
      gateway: { type: "string", default: CHECKOUT },
    },
  }).values;
}

/** One measure of one scenario over one scheme; the first runs are ours. */
function buildRows(scenario: Scenario, scheme: string, names: readonly string[], runs: readonly Run[][]): Row[] {
  return scenario.measures.map((measure) => {
    const [ours = [], ...theirs] = runs.map((own) => own.map((run) => measure.take(run)));
    return {
      label: measure.label,
      scheme,
      digits: measure.digits,
      ...(measure.target && { target: measure.target }),
      ours,
      peers: new Map(theirs.map((values, index) => [names[index]!, values])),
    };
  });
}

/** Those that `--only` names, or all, with as many rounds as `--rounds` says. */
function choose(groups: readonly Group[], { only, rounds }: Options): Group[] {
  const names = only?.split(",");
  const canShow = findProgram(CHROMIUM) !== undefined;
  return groups.map((group) => ({
    ...group,
    scenarios: group.scenarios.filter(({ name, inPage }) => (names?.includes(name) ?? true) && (canShow || !inPage))
      .map((scenario) => ({ ...scenario, rounds: scenario.rounds > 1 ? Number(rounds ?? scenario.rounds) : 1 })),
  })).filter(({ scenarios }) => scenarios.length > 0);
}

/** The rows of one scenario; one that fails is reported, and costs only its own rows. */
async function measure(bench: Bench, scenario: Scenario): Promise<Row[]> {
  const schemes = scenario.than === undefined ? bench.options.schemes.split(",") : ["stages"];
  const peers = scenario.than === undefined
    ? bench.peers.filter(({ kind, hasPage }) =>
      (scenario.peers?.includes(kind) ?? true) && (hasPage || !scenario.inPage)
    )
    : [{ name: "without", start: bench.gateway }];
  const rows: Row[] = [];
  for (const scheme of schemes.filter((one) => scenario.schemes?.includes(one) ?? true)) {
    console.error(`${scenario.name} over ${scheme} …`);
    const contestants = [
      { start: bench.gateway, source: scenario.source },
      ...peers.map(({ start }) => ({ start, source: scenario.than ?? scenario.source })),
    ];
    const setting = bench.settings.get(scheme);
    if (setting === undefined) throw new Error(`There is no scheme ${scheme}`);
    const runs = await runScenario({ ...bench, scenario, contestants, setting }).catch((error) => {
      console.error(`${scenario.name} over ${scheme} failed: ${error.message}`);
      return [];
    });
    const shown = scheme === "stages" ? "ws" : scheme;
    if (runs.length > 0) rows.push(...buildRows(scenario, shown, peers.map(({ name }) => name), runs));
  }
  return rows;
}

async function measureAll(bench: Bench): Promise<void> {
  const { quick, crowd } = bench.options;
  for (const { heading, ours, scenarios } of choose(listGroups({ quick, crowd: Number(crowd) }), bench.options)) {
    const rows: Row[] = [];
    for (const scenario of scenarios) rows.push(...await measure(bench, scenario));
    if (rows.length > 0) console.log(`### ${heading}\n\n${renderTable(rows, ours)}\n`);
  }
}

async function readPorts(source: Running): Promise<Ports> {
  return JSON.parse(await source.readLine(READY_TIMEOUT_MS));
}

async function main(): Promise<void> {
  const options = readOptions();
  const folder = await Deno.makeTempDir({ prefix: "porthole-bench-" });
  try {
    await using source = startScript("source.ts");
    await using second = startScript("source.ts");
    // A source that floods answers no echo: the stream beside another session needs a process of its own.
    const ports: Ports = { ...await readPorts(source), beside: (await readPorts(second)).flood! };
    await using slowLink = startScript("slow_link.ts", String(ports.asks));
    const far = Number(await slowLink.readLine(READY_TIMEOUT_MS));
    const settings = new Map<string, Setting>([
      ["ws", { folder, ports }],
      ["wss", { folder, ports, certificate: await makeCertificate(folder) }],
      ["stages", { folder, ports: { ...ports, far } }],
    ]);
    const lacks: string[] = [];
    if (findProgram(CHROMIUM) === undefined) lacks.push("pages, since Chromium is not installed");
    const peers = await findPeers(options, folder, (lack) => lacks.push(lack));
    const gateway: Start = (setting) => startGateway("porthole", options.gateway, setting);
    const notes: Notes = { busy: { load: 0, source: 0 }, reopened: new Map() };
    await measureAll({ options, source, settings, gateway, peers, notes });
    console.log(`${cpus().length} cores, ${cpus()[0]?.model}; Deno ${Deno.version.deno}. ${describeNotes(notes)}`);
    if (lacks.length > 0) console.log(`Left out: ${lacks.join("; ")}.`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

if (import.meta.main) await main();
