import { assert, assertEquals } from "@std/assert";
import { OneWay } from "../../bench/network/one_way.ts";

const LINK = { roundTripMs: 30, megabits: 2, lossPercent: 0 };

Deno.test("OneWay delays a packet by half the round trip and its own length", () => {
  assertEquals(new OneWay(LINK).send(1500, 1000), 1000 + 6 + 15);
});

Deno.test("OneWay passes no more than its rate, and drops what its queue cannot hold", () => {
  const link = new OneWay(LINK);
  const arrivals = Array.from({ length: 100 }, () => link.send(1500, 0));
  const passed = arrivals.filter((at) => at !== undefined);
  passed.forEach((at, index) => assertEquals(Math.round(at), 15 + 6 * (index + 1)));
  assertEquals(passed.length, Math.floor(200 / 6) + 1);
  assertEquals(link.send(1500, 5000), 5000 + 21);
});

Deno.test("OneWay loses as many packets as it says", () => {
  let turn = 0;
  const link = new OneWay({ ...LINK, megabits: 1000, lossPercent: 1 }, () => (turn++ % 100) / 100);
  const lost = Array.from({ length: 500 }, (_, at) => link.send(100, at)).filter((at) => at === undefined);
  assertEquals(lost.length, 5);
  assert(turn === 500);
});
