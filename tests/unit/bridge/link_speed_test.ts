import { assert, assertEquals } from "@std/assert";
import { LinkSpeed } from "../../../src/bridge/link_speed.ts";

const KIB = 1024;

function makeLink() {
  const clock = { ms: 0 };
  return { clock, link: new LinkSpeed(() => clock.ms) };
}

Deno.test("lingerMs() is short when next to nothing was sent", () => {
  const { link } = makeLink();
  link.sent(14);
  assertEquals(link.lingerMs(), 50);
});

Deno.test("lingerMs() takes a few bytes that waited for a busy event loop for no sign of a slow link", () => {
  const { link } = makeLink();
  link.sent(64 * KIB);
  link.drained(2, 9);
  assert(link.lingerMs() <= 512, `${link.lingerMs()} ms`);
});

Deno.test("lingerMs() waits for what the kernel holds at the speed at which a backlog left", () => {
  const { link, clock } = makeLink();
  link.sent(400 * KIB);
  link.drained(200 * KIB, 10_000);
  assertEquals(link.lingerMs(), 20_000);
  clock.ms = 15_000;
  assertEquals(link.lingerMs(), 5_000);
});

Deno.test("lingerMs() never asks for more than half a minute", () => {
  const { link } = makeLink();
  link.sent(4096 * KIB);
  link.drained(16 * KIB, 60_000);
  assertEquals(link.lingerMs(), 30_000);
});
