import { assertEquals, assertMatch } from "@std/assert";
import { escapeLines } from "../../../src/telemetry/escape.ts";
import { createLog } from "../../../src/telemetry/log.ts";

const HOSTILE = "pi\u202egnp\x1b[2J\r\n12:00 forged\u2066\u200b\x85\u2028";

for (const format of ["text", "json"] as const) {
  Deno.test(`a line of the ${format} log is one line, whatever is in its message and fields`, () => {
    const lines: string[] = [];
    createLog({ format, write: (line) => lines.push(line) }).info(HOSTILE, { source: HOSTILE });
    assertEquals(lines.length, 1);
    assertMatch(lines[0]!, /^[\P{C}]+$/u);
    if (format === "json") assertEquals(JSON.parse(lines[0]!).source, HOSTILE);
  });
}

Deno.test("escapeLines() keeps line feeds and every printable character", () => {
  assertEquals(escapeLines("é 漢 🙂\nb\u202ec\td"), "é 漢 🙂\nb\\u202ec\\x09d");
});
