import { assertEquals, assertThrows } from "@std/assert";
import { replaceTables } from "../../bench/write_tables.ts";

Deno.test("replaceTables() replaces what stands between the marks, and nothing else", () => {
  const page = "# Performance\n\n<!-- bench -->\n\nold\n\n<!-- /bench -->\n\n## More\n";
  assertEquals(
    replaceTables(page, ["### One", "closing"]),
    "# Performance\n\n<!-- bench -->\n\n### One\n\nclosing\n\n<!-- /bench -->\n\n## More\n",
  );
});

Deno.test("replaceTables() refuses a page without marks", () => {
  assertThrows(() => replaceTables("# Performance\n", []), Error, "no marks");
});
