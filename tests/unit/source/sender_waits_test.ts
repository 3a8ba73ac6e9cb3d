import { assertEquals } from "@std/assert";
import { SenderWaits } from "../../../src/source/sender_waits.ts";

function makeRig() {
  const clock = { ms: 1_000_000 };
  return { clock, waits: new SenderWaits(() => clock.ms) };
}

Deno.test("whoever goes on with wrong passwords waits twice as long each time, and nobody else does", () => {
  const { clock, waits } = makeRig();
  const seen: number[] = [];
  for (let wrong = 0; wrong < 9; wrong++) {
    waits.noteWrong("eve");
    seen.push(waits.waitMs("eve") / 60_000);
    clock.ms += Math.max(0, waits.waitMs("eve"));
  }
  assertEquals(seen, [0, 0, 1, 2, 4, 8, 15, 15, 15]);
  assertEquals(waits.waitMs("ada"), 0);
});

Deno.test("a right password, or an hour without a wrong one, ends the wait", () => {
  const { clock, waits } = makeRig();
  const failOften = () => {
    for (let wrong = 0; wrong < 3; wrong++) waits.noteWrong("ada");
  };
  failOften();
  waits.forgive("ada");
  waits.noteWrong("ada");
  assertEquals(waits.waitMs("ada"), 0);
  failOften();
  clock.ms += 3_600_000;
  waits.noteWrong("ada");
  assertEquals(waits.waitMs("ada"), 0);
});

Deno.test("a thousand senders are remembered", () => {
  const { waits } = makeRig();
  for (let wrong = 0; wrong < 3; wrong++) waits.noteWrong("first");
  for (let sender = 0; sender < 1_000; sender++) waits.noteWrong(`sender ${sender}`);
  assertEquals(waits.waitMs("first"), 0);
});
