import { assertEquals } from "@std/assert";
import { Notices } from "../../../src/telemetry/notices.ts";

Deno.test("Notices keeps one sentence of each topic, until it is cleared or too old", () => {
  const clock = { ms: 0 };
  const notices = new Notices(() => clock.ms);
  notices.set("valve", "It opened.", 100);
  notices.set("disk", "It is full.");
  notices.set("valve", "It opened again.", 100);
  assertEquals(notices.list(), ["It opened again.", "It is full."]);
  clock.ms = 100;
  assertEquals(notices.list(), ["It is full."]);
  notices.clear("disk");
  assertEquals(notices.list(), []);
});
