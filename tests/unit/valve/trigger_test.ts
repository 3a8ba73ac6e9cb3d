import { assertEquals } from "@std/assert";
import { Trigger } from "../../../src/valve/trigger.ts";

Deno.test("Trigger fires when the measure has been above its limit for long enough without a break", () => {
  const trigger = new Trigger({ sustainMs: 100 });
  const due = ([share, at]: [number, number]) => trigger.isDue(share, at);
  const looks: [number, number][] = [[1, 0], [2, 99], [0.9, 100], [1, 101], [1, 200], [1, 201]];
  assertEquals(looks.map(due), [false, false, false, false, false, true]);
});

Deno.test("Trigger fires again only after the measure has been below its limit", () => {
  const trigger = new Trigger({ sustainMs: 0 });
  assertEquals(trigger.isDue(1.1, 0), true);
  trigger.noteActed();
  assertEquals([trigger.isDue(1.1, 1), trigger.isDue(1.1, 1_000_000)], [false, false]);
  assertEquals([trigger.isDue(0.9, 1_000_001), trigger.isDue(1.1, 1_000_002)], [false, true]);
});

Deno.test("Trigger fires again when the measure has grown since, which is something new", () => {
  const trigger = new Trigger({ sustainMs: 0 });
  trigger.isDue(1.4, 0);
  trigger.noteActed();
  assertEquals([1.4, 1.2, 1.25, 1.29].map((share) => trigger.isDue(share, 1)), [false, false, false, false]);
  assertEquals(trigger.isDue(1.31, 2), true);
});
