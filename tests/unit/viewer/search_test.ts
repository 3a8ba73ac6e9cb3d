import { assertEquals } from "@std/assert";
import { matches } from "../../../src/viewer/search.ts";

Deno.test("matches() requires every word, in any order and case", () => {
  const text = "workshop Workshop PC RFB 3.8 Upstairs";
  assertEquals(matches(text, ""), true);
  assertEquals(matches(text, " upstairs  WORK "), true);
  assertEquals(matches(text, "upstairs kiosk"), false);
});
