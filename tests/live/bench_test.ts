/** The bench works: each kind of scenario runs once, short, and every measure comes to a number. */
import { assert, assertEquals } from "@std/assert";
import { explainNoNetwork } from "../bench/network/network.ts";
import { CHROMIUM, runProgram, testWith } from "./programs.ts";

const BENCH = new URL("../bench/bench.ts", import.meta.url).pathname;

/** The rows of the bench's tables for these scenarios: label, scheme, values. */
async function runBench(scenarios: readonly string[], ...more: string[]): Promise<string[][]> {
  const args = ["run", "--no-check", "--allow-all", BENCH, "--quick", "--only", scenarios.join(","), ...more];
  const printed = await runProgram(Deno.execPath(), { args });
  const rows = printed.split("\n").filter((line) => line.startsWith("| ") && !line.startsWith("| ---"));
  return rows.map((row) => row.split("|").slice(1, -1).map((cell) => cell.trim()));
}

/** Every measure has a number of ours, the third cell, and there are so many. */
function assertMeasured(rows: readonly string[][], count: number): void {
  const measured = rows.filter(([label]) => label !== "");
  assert(measured.every(([, , ours]) => Number.isFinite(Number(ours))), JSON.stringify(measured));
  assertEquals(measured.length, count);
}

testWith([], "the bench measures stalls, openings, idle sessions and resume", async () => {
  const scenarios = ["pieces", "beside", "open", "open300", "crowd", "resume", "acks"];
  const rows = await runBench(scenarios, "--alone", "--schemes", "wss", "--crowd", "50");
  assertMeasured(rows, 2 + 4 + 3 + 4 + 2 + 2 + 2);
});

testWith([CHROMIUM], "the bench measures viewer pages in Chromium", async () => {
  const rows = await runBench(["page_first", "page_pieces", "page_cut"], "--alone", "--schemes", "wss");
  assertMeasured(rows, 1 + 2 + 1);
});

const noNetwork = await explainNoNetwork();

testWith([], `the bench ${noNetwork === undefined ? "measures" : "does not measure"} slow links here`, async () => {
  const rows = await runBench(["link30_2_acks"], "--alone");
  assertMeasured(rows, noNetwork === undefined ? 5 : 0);
});
