import { assertEquals } from "@std/assert";
import { createMinuteLog } from "../../../src/access/minute_log.ts";

function makeLog() {
  const lines: string[] = [];
  let now = 0;
  const log = createMinuteLog((message, { from }) => lines.push(`${message} ${from}`), () => now);
  return { log, lines, pass: (ms: number) => now += ms };
}

Deno.test("a message about an address is logged once a minute, whichever port or IPv6 interface it comes from", () => {
  const { log, lines, pass } = makeLog();
  for (const from of ["192.0.2.7", "192.0.2.7", "2001:db8::1", "2001:db8::2", "unix"]) log("a", from, {});
  log("b", "192.0.2.7", {});
  assertEquals(lines, ["a 192.0.2.7", "a 2001:db8::1", "a unix", "b 192.0.2.7"]);
  pass(59_999);
  log("a", "192.0.2.7", {});
  pass(1);
  log("a", "192.0.2.7", {});
  assertEquals(lines.slice(4), ["a 192.0.2.7"]);
});

Deno.test("a flood from many addresses logs 200 lines a minute", () => {
  const { log, lines, pass } = makeLog();
  const flood = () => {
    for (let at = 0; at < 70_000; at++) log("a", `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`, {});
  };
  flood();
  assertEquals(lines.length, 200);
  pass(60_000);
  flood();
  assertEquals(lines.length, 400);
});
