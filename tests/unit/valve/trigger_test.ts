import { assertEquals } from "@std/assert";
import { Trigger } from "../../../src/valve/trigger.ts";

Deno.test("Trigger fires when the measure has been above its limit for long enough without a break", () => {
  const trigger = new Trigger({ sustainMs: 100 });
  const due = ([isAbove, at]: [boolean, number]) => trigger.isDue(isAbove, at);
  const looks: [boolean, number][] = [[true, 0], [true, 99], [false, 100], [true, 101], [true, 200], [true, 201]];
  assertEquals(looks.map(due), [false, false, false, false, false, true]);
});

Deno.test("Trigger fires again only after the measure has been below its limit", () => {
  const trigger = new Trigger({ sustainMs: 0 });
  assertEquals(trigger.isDue(true, 0), true);
  trigger.disarm();
  assertEquals([trigger.isDue(true, 1), trigger.isDue(true, 1_000_000)], [false, false]);
  assertEquals([trigger.isDue(false, 1_000_001), trigger.isDue(true, 1_000_002)], [false, true]);
});
