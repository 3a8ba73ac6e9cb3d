import { assertEquals } from "@std/assert";
import { findNearest } from "../../../src/config/nearest.ts";

const KEYS = ["host", "port", "password", "view_only", "connect_timeout", "tls", "unix"];

Deno.test("findNearest() ignores a wrong, missing, added or swapped letter, case and dashes", () => {
  const cases = { hots: "host", prt: "port", pasword: "password", passwordd: "password", viewOnly: "view_only" };
  for (const [word, key] of Object.entries({ ...cases, "VIEW-ONLY": "view_only", tsl: "tls" })) {
    assertEquals(findNearest(word, KEYS), key, word);
  }
});

Deno.test("findNearest() returns undefined when no candidate is near", () => {
  for (const word of ["", "colour", "x", "__proto__", "a".repeat(100_000)]) {
    assertEquals(findNearest(word, KEYS), undefined);
  }
});
