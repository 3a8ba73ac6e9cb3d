import { assert, assertEquals } from "@std/assert";
import { LinkSpeed } from "../../../src/bridge/link_speed.ts";

const KIB = 1024;

function makeLink() {
  const clock = { ms: 0 };
  return { clock, link: new LinkSpeed(() => clock.ms) };
}

Deno.test("lingerMs() is short if almost nothing was sent", () => {
  const { link } = makeLink();
  link.sent(14);
  assertEquals(link.lingerMs(), 50);
});

Deno.test("lingerMs() does not mistake a busy event loop for a slow link", () => {
  const { link } = makeLink();
  link.sent(64 * KIB);
  link.drained(2, 9);
  assert(link.lingerMs() <= 512, `${link.lingerMs()} ms`);
});

Deno.test("lingerMs() waits for the kernel's bytes at the speed at which a backlog shrank", () => {
  const { link, clock } = makeLink();
  link.sent(400 * KIB);
  link.drained(200 * KIB, 10_000);
  assertEquals(link.lingerMs(), 20_000);
  clock.ms = 15_000;
  assertEquals(link.lingerMs(), 5_000);
});

Deno.test("lingerMs() is never longer than half a minute", () => {
  const { link } = makeLink();
  link.sent(4096 * KIB);
  link.drained(16 * KIB, 60_000);
  assertEquals(link.lingerMs(), 30_000);
});
