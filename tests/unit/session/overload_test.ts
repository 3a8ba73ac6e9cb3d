import { assertEquals, assertThrows } from "@std/assert";
import { PortholeError } from "../../../src/errors.ts";
import { Overload } from "../../../src/session/overload.ts";

const refusal = (overload: Overload, address?: string) =>
  assertThrows(() => overload.check(address), PortholeError) as PortholeError;

Deno.test("Overload refuses an address for a minute, and says how long", () => {
  const clock = { ms: 0 };
  const overload = new Overload(() => clock.ms);
  overload.refuse(["192.0.2.1"]);
  clock.ms = 20_000;
  const { code, retryAfterMs } = refusal(overload, "192.0.2.1");
  assertEquals([code, retryAfterMs], ["overloaded", 40_000]);
  overload.check("192.0.2.2");
  overload.check(undefined);
  clock.ms = 60_000;
  overload.check("192.0.2.1");
});

Deno.test("Overload refuses everybody while descriptors are short", () => {
  const overload = new Overload();
  overload.isShort = true;
  assertEquals(refusal(overload).code, "overloaded");
  overload.isShort = false;
  overload.check(undefined);
});

Deno.test("Overload remembers a limited number of addresses, the latest ones", () => {
  const overload = new Overload(() => 0);
  overload.refuse(Array.from({ length: 2_000 }, (_, at) => `a${at}`));
  overload.check("a0");
  overload.check("a975");
  refusal(overload, "a976");
});
