import { assertEquals, assertGreaterOrEqual, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import { computeDelayMs } from "../../../src/viewer/backoff.ts";

Deno.test("computeDelayMs() rises from 0.5 to 1, 2, 5 and 10 s, and stays at 10 s", () => {
  const delays = [0, 1, 2, 3, 4, 5, 99].map((attempt) => computeDelayMs(attempt, 0.5));
  assertEquals(delays, [500, 1_000, 2_000, 5_000, 10_000, 10_000, 10_000]);
});

Deno.test("computeDelayMs() spreads the viewers by a quarter either way", () => {
  assertEquals(computeDelayMs(0, 0), 375);
  assertEquals(computeDelayMs(4, 0.999999), 12_500);
});

Deno.test("computeDelayMs() is never shorter than the gateway asks for", () => {
  assertEquals(computeDelayMs(0, 0, 30_000), 30_000);
  fc.assert(
    fc.property(
      fc.nat(),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      fc.nat(60_000),
      (n, random, min) => {
        const delayMs = computeDelayMs(n, random, min);
        assertGreaterOrEqual(delayMs, Math.max(375, min));
        assertLessOrEqual(delayMs, Math.max(12_500, min));
      },
    ),
  );
});
