import { assertEquals, assertStringIncludes } from "@std/assert";
import { renderTable, takeMedian } from "../../bench/table.ts";

Deno.test("takeMedian() takes the middle, or the mean of the two middle values", () => {
  assertEquals(takeMedian([9, 1, 5]), 5);
  assertEquals(takeMedian([4, 1, 3, 100]), 3.5);
});

Deno.test("renderTable() takes the ratio round by round, so that a slow round counts for both", () => {
  const cells = [{ scheme: "ws", ours: [20, 2, 40], peers: [10, 1, 10] }];
  const table = renderTable([{ label: "speed", digits: 0, target: "≥ 1.2", cells }], "porthole", "websockify");
  assertStringIncludes(table, "|  | ratio ws | target | porthole ws | websockify ws |");
  assertStringIncludes(table, "| speed | **2.00** | ≥ 1.2 | 20 | 10 |");
});

Deno.test("renderTable() leaves the ratios out when there is no peer", () => {
  const table = renderTable(
    [{ label: "speed", digits: 1, cells: [{ scheme: "wss", ours: [2] }] }],
    "porthole",
    undefined,
  );
  assertEquals(table, "|  | porthole wss |\n| --- | ---: |\n| speed | 2.0 |");
});

Deno.test("renderTable() shows no ratio to a peer's zero", () => {
  const cells = [{ scheme: "ws", ours: [0], peers: [0] }];
  assertStringIncludes(
    renderTable([{ label: "lost", digits: 0, cells }], "porthole", "peer"),
    "| lost | – |  | 0 | 0 |",
  );
});
