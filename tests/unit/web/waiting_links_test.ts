import { assertEquals, assertThrows } from "@std/assert";
import { PortholeError } from "../../../src/errors.ts";
import { WaitingLinks } from "../../../src/web/viewer/waiting_links.ts";

const visitor = (address: string, user = "ada") => ({ source: "pi", user, address });

function admitAll(links: WaitingLinks, address: string, sessions = 0): (() => void)[] {
  const admitted: (() => void)[] = [];
  try {
    while (admitted.length < 1_000) admitted.push(links.admit(visitor(address), sessions));
  } catch (refusal) {
    assertEquals((refusal as PortholeError).code, "limit_reached");
  }
  return admitted;
}

Deno.test("one address gets its share of the slots, and leaves some to others", () => {
  const links = new WaitingLinks(() => 64);
  assertEquals(admitAll(links, "10.0.0.1").length, 22);
  assertEquals(admitAll(links, "10.0.0.2").length, 14);
});

Deno.test("all viewers of one address that have sessions come back at once", () => {
  const links = new WaitingLinks(() => 1);
  admitAll(links, "10.6.6.6");
  const back = Array.from({ length: 64 }, () => links.admit(visitor("10.0.0.1"), 64));
  // They have no right to more than that, and neither has anybody else there.
  assertThrows(() => links.admit(visitor("10.0.0.1"), 64), PortholeError);
  assertThrows(() => links.admit(visitor("10.0.0.1", "bob"), 0), PortholeError);
  for (const giveBack of back) giveBack();
  assertEquals(Array.from({ length: 64 }, () => links.admit(visitor("10.0.0.1"), 64)).length, 64);
});

Deno.test("a slot is given back once", () => {
  const links = new WaitingLinks(() => 3);
  for (const sessions of [0, 1]) {
    const [giveBack] = admitAll(links, "10.0.0.1", sessions);
    giveBack!();
    giveBack!();
    assertEquals(admitAll(links, "10.0.0.1", sessions).length, 1, `with ${sessions} sessions`);
  }
});

Deno.test("the limit is that of the configuration now", () => {
  let max = 0;
  const links = new WaitingLinks(() => max);
  assertEquals(admitAll(links, "10.0.0.1").length, 0);
  max = 4;
  assertEquals(admitAll(links, "10.0.0.1").length, 2);
});
