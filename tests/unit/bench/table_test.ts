import { assertEquals, assertStringIncludes } from "@std/assert";
import { renderTable, takeMedian } from "../../bench/table.ts";

Deno.test("takeMedian() takes the middle, or the mean of the two middle values", () => {
  assertEquals(takeMedian([9, 1, 5]), 5);
  assertEquals(takeMedian([4, 1, 3, 100]), 3.5);
});

const speed = { label: "speed", scheme: "ws", digits: 0 };

Deno.test("renderTable() takes the ratio round by round, so that a slow round counts for both", () => {
  const peers = new Map([["websockify", [10, 1, 10]]]);
  const table = renderTable([{ ...speed, target: "≥ 1.2", ours: [20, 2, 40], peers }], "porthole");
  assertStringIncludes(table, "|  | over | porthole | websockify | ratio | target |");
  assertStringIncludes(table, "| speed | ws | 20 | 10 | **2.00** | ≥ 1.2 |");
});

Deno.test("renderTable() leaves out what nobody was compared with, and the targets when there are none", () => {
  const table = renderTable([{ ...speed, ours: [2], digits: 1, peers: new Map() }], "porthole");
  assertEquals(table, "|  | over | porthole |\n| --- | --- | ---: |\n| speed | ws | 2.0 |");
});

Deno.test("renderTable() shows a dash for a peer that took no part in one measure", () => {
  const rows = [
    { ...speed, ours: [4], peers: new Map([["websockify", [2]], ["before", [4]]]) },
    { ...speed, label: "idle", ours: [3], peers: new Map([["before", [6]]]) },
  ];
  const table = renderTable(rows, "porthole");
  assertStringIncludes(table, "| speed | ws | 4 | 2 | **2.00** | 4 | **1.00** |");
  assertStringIncludes(table, "| idle | ws | 3 | – | – | 6 | **0.500** |");
});

Deno.test("renderTable() shows no ratio to a peer's zero", () => {
  const row = { ...speed, label: "lost", ours: [0], peers: new Map([["peer", [0]]]) };
  assertStringIncludes(renderTable([row], "porthole"), "| lost | ws | 0 | 0 | – |");
});
