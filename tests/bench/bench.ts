/**
 * The gateway against what else there is, side by side in one run: `deno task bench`, with the options of options.ts.
 *
 * Nothing is installed; what the machine lacks is left out by name. The subjects take turns within each round, since a
 * shared machine's speed changes from minute to minute, and medians count. Deno reads /proc, where CPU time and memory
 * stand, with `--allow-all` only.
 */
import { cpus } from "node:os";
import { CHROMIUM, findProgram } from "../live/programs.ts";
import { makeCertificate } from "./certificate.ts";
import { findPeers } from "./contestants.ts";
import { listGroups } from "./groups.ts";
import { type Bench, measureScenario } from "./measure.ts";
import { explainNoNetwork, removeNetworks } from "./network/network.ts";
import { type Options, readOptions } from "./options.ts";
import { endAll, type Running } from "./processes.ts";
import { describeNotes, type Notes, READY_TIMEOUT_MS, startScript } from "./rounds.ts";
import type { Group, Scenario } from "./scenario.ts";
import { type Ports, type Setting, startGateway } from "./subjects.ts";
import { renderTable, type Row } from "./table.ts";
import { writeTables } from "./write_tables.ts";

/** What this machine lacks, as sentences' parts, and the scenarios that can run in spite of it. */
async function findLacks(): Promise<{ lacks: string[]; canRun: (scenario: Scenario) => boolean }> {
  const noNetwork = await explainNoNetwork();
  const canShow = findProgram(CHROMIUM) !== undefined;
  const lacks = [
    ...(canShow ? [] : ["pages, since Chromium is not installed"]),
    ...(noNetwork === undefined ? [] : [`slow links, which need ${noNetwork}`]),
  ];
  return { lacks, canRun: ({ inPage, link }) => (canShow || !inPage) && (noNetwork === undefined || !link) };
}

/** Those that `--only` names, or all, with as many rounds as `--rounds` says. */
function choose(groups: readonly Group[], { only, rounds }: Options): Group[] {
  const names = only?.split(",");
  return groups.map((group) => ({
    ...group,
    scenarios: group.scenarios.filter(({ name }) => names?.includes(name) ?? true)
      .map((scenario) => ({ ...scenario, rounds: scenario.rounds > 1 ? Number(rounds ?? scenario.rounds) : 1 })),
  }));
}

/** The tables, each printed when it is complete. */
async function measureGroups(bench: Bench, groups: readonly Group[]): Promise<string[]> {
  const tables: string[] = [];
  for (const { heading, ours, scenarios } of groups) {
    const rows: Row[] = [];
    for (const scenario of scenarios) rows.push(...await measureScenario(bench, scenario));
    if (rows.length === 0) continue;
    tables.push(`### ${heading}\n\n${renderTable(rows, ours)}`);
    console.log(`${tables.at(-1)}\n`);
  }
  return tables;
}

async function readPorts(source: Running): Promise<Ports> {
  return JSON.parse(await source.readLine(READY_TIMEOUT_MS));
}

async function runBench(options: Options, folder: string): Promise<string[]> {
  await using source = startScript("source.ts");
  await using second = startScript("source.ts");
  // A source that floods answers no echo: the stream beside another session needs a process of its own.
  const ports: Ports = { ...await readPorts(source), beside: (await readPorts(second)).flood! };
  await using slowLink = startScript("slow_link.ts", [String(ports.asks)]);
  const far = Number(await slowLink.readLine(READY_TIMEOUT_MS));
  const settings = new Map<string, Setting>([
    ["ws", { folder, ports }],
    ["wss", { folder, ports, certificate: await makeCertificate(folder) }],
    ["stages", { folder, ports: { ...ports, far } }],
  ]);
  const { lacks, canRun } = await findLacks();
  const peers = await findPeers(options, folder, (lack) => lacks.push(lack));
  const gateway = (setting: Setting) => startGateway("porthole", options.gateway, setting);
  const notes: Notes = { busy: { load: 0, source: 0 }, reopened: new Map() };
  const bench: Bench = { schemes: options.schemes.split(","), source, settings, gateway, peers, notes };
  const groups = choose(listGroups({ quick: options.quick, crowd: Number(options.crowd) }), options)
    .map((group) => ({ ...group, scenarios: group.scenarios.filter(canRun) }));
  const tables = await measureGroups(bench, groups);
  const closing = `${cpus().length} cores, ${cpus()[0]?.model}; Deno ${Deno.version.deno}. ${describeNotes(notes)}` +
    (lacks.length > 0 ? ` Left out: ${lacks.join("; ")}.` : "");
  console.log(closing);
  return [...tables, closing];
}

if (import.meta.main) {
  const options = readOptions();
  const folder = await Deno.makeTempDir({ prefix: "porthole-bench-" });
  const interrupt = () => {
    endAll();
    removeNetworks();
    Deno.removeSync(folder, { recursive: true });
    Deno.exit(130);
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) Deno.addSignalListener(signal, interrupt);
  try {
    const parts = await runBench(options, folder);
    if (options.write) await writeTables(parts);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  Deno.exit(0);
}
