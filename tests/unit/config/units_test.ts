import { assertEquals, assertThrows } from "@std/assert";
import { parseDuration, parseSize } from "../../../src/config/units.ts";

Deno.test("parseDuration() reads every unit, and 0 without one", () => {
  const cases = {
    "500ms": 500,
    "5s": 5000,
    "1.5s": 1500,
    "2m": 120_000,
    "2 min": 120_000,
    "1h": 3_600_000,
    "1d": 86_400_000,
    "365d": 31_536_000_000,
    "366d": 31_622_400_000,
  };
  for (const [text, ms] of Object.entries(cases)) assertEquals(parseDuration(text), ms, text);
  assertEquals([parseDuration(0), parseDuration("0"), parseDuration("0s")], [0, 0, 0]);
});

Deno.test("parseDuration() refuses bare numbers, other units and more than a year", () => {
  for (
    const text of [
      5,
      "5",
      "",
      " ",
      "s",
      "-5s",
      "5 s s",
      "5w",
      "1e3s",
      "5s5",
      "Infinity",
      NaN,
      Infinity,
      "367d",
      "9000h",
    ]
  ) {
    assertThrows(() => parseDuration(text), SyntaxError);
  }
});

Deno.test("parseSize() reads units of 1000 and of 1024, and bare bytes", () => {
  const cases = { "16MiB": 16 << 20, "64KB": 64_000, "64kb": 64_000, "1.5KiB": 1536, "1GB": 1e9, "10B": 10, "0": 0 };
  for (const [text, bytes] of Object.entries(cases)) assertEquals(parseSize(text), bytes, text);
  assertEquals(parseSize(4096), 4096);
});

Deno.test("parseSize() refuses text that is not a size", () => {
  for (const text of ["", "MiB", "-1B", "16M", "1.5", -1, 1.5, NaN, "99999999999GiB"]) {
    assertThrows(() => parseSize(text), SyntaxError);
  }
});
