/** Measures one scenario, over each scheme, and makes the rows of its table. */
import type { Peer } from "./contestants.ts";
import { Network, SOURCE_HOST } from "./network/network.ts";
import type { Running } from "./processes.ts";
import { type Contestant, type Notes, READY_TIMEOUT_MS, runScenario, type Start, startScript } from "./rounds.ts";
import type { Run, Scenario } from "./scenario.ts";
import type { Ports, Setting } from "./subjects.ts";
import type { Row } from "./table.ts";

/** What all scenarios share. */
export interface Bench {
  readonly schemes: readonly string[];
  readonly source: Running;
  readonly settings: ReadonlyMap<string, Setting>;
  readonly gateway: Start;
  readonly peers: readonly Peer[];
  readonly notes: Notes;
}

/** The name of whom a gateway is compared with that does the same otherwise. */
const WITHOUT = "without";
/** The setting that has the sources of the stages. */
const STAGES = "stages";

/** The rows of one scenario; one that fails is reported, and costs only its own rows. */
export async function measureScenario(bench: Bench, scenario: Scenario): Promise<Row[]> {
  const all = scenario.than === undefined ? bench.schemes : [STAGES];
  const rows: Row[] = [];
  for (const scheme of all.filter((one) => scenario.schemes?.includes(one) ?? true)) {
    console.error(`${Math.round(performance.now() / 1000)} s: ${scenario.name} over ${scheme} …`);
    try {
      rows.push(...await measureOver(bench, scenario, scheme));
    } catch (error) {
      console.error(`${scenario.name} over ${scheme} failed: ${error}`);
    }
  }
  return rows;
}

async function measureOver(bench: Bench, scenario: Scenario, scheme: string): Promise<Row[]> {
  const setting = bench.settings.get(scheme);
  if (setting === undefined) throw new Error(`There is no scheme ${scheme}`);
  const { names, contestants } = listContestants(bench, scenario);
  const rounds = { ...bench, scenario, contestants, setting };
  const runs = scenario.link === undefined ? await runScenario(rounds) : await runOnNetwork(rounds);
  return buildRows(scenario, scheme === STAGES ? "ws" : scheme, names, runs);
}

/** The gateway, and whom it is compared with. */
function listContestants(
  { gateway, peers }: Bench,
  scenario: Scenario,
): { readonly names: readonly string[]; readonly contestants: readonly Contestant[] } {
  const { source, than, thanJob } = scenario;
  const ours = { start: gateway, source };
  if (than !== undefined || thanJob !== undefined) {
    const otherwise = { start: gateway, source: than ?? source, ...(thanJob && { job: thanJob }) };
    return { names: [WITHOUT], contestants: [ours, otherwise] };
  }
  const others = peers.filter(({ kind, hasPage }) =>
    (scenario.peers?.includes(kind) ?? true) && (hasPage || !scenario.inPage)
  );
  return {
    names: others.map(({ name }) => name),
    contestants: [ours, ...others.map(({ start }) => ({ start, source }))],
  };
}

/** The same with each on a host of its own, and a source there. */
async function runOnNetwork(rounds: Parameters<typeof runScenario>[0]): Promise<Run[][]> {
  await using network = await Network.open(rounds.scenario.link!);
  await using source = startScript("source.ts", [SOURCE_HOST], network, "source");
  const ports = JSON.parse(await source.readLine(READY_TIMEOUT_MS)) as Ports;
  return await runScenario({ ...rounds, source, setting: { ...rounds.setting, ports, network } });
}

/** The first runs are ours. */
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
