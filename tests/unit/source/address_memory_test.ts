import { assertEquals } from "@std/assert";
import { AddressMemory, type Remembered } from "../../../src/source/address_memory.ts";
import { createMemoryStores } from "../../../src/store/memory_stores.ts";

const DAY_MS = 24 * 60 * 60_000;

function makeRig() {
  const clock = { ms: 1_700_000_000_000 };
  const store = createMemoryStores().open<Remembered>("vnc-servers");
  const open = async () => {
    const memory = new AddressMemory(store, "127.0.0.1:5900", () => clock.ms);
    await memory.load();
    return memory;
  };
  return { clock, open };
}

Deno.test("a server that goes away right after a probe is believed to end, for a month and over a restart", async () => {
  const { clock, open } = makeRig();
  const memory = await open();
  memory.noteConnected();
  memory.noteProbed(true);
  memory.noteAway();
  assertEquals([memory.ends, (await open()).ends], [true, true]);
  clock.ms += 29 * DAY_MS;
  assertEquals((await open()).ends, true);
  clock.ms += 2 * DAY_MS;
  assertEquals([memory.ends, (await open()).ends], [false, false]);
});

Deno.test("a server that asks its user is believed to ask, until it lets a viewer in without asking or a month passes", async () => {
  const { clock, open } = makeRig();
  const memory = await open();
  memory.noteAsks("offer");
  assertEquals([memory.asks, (await open()).asks], ["offer", "offer"]);
  memory.noteAnswer("offer", 5_000);
  memory.noteAnswer("login", 200);
  assertEquals(memory.asks, "offer");
  memory.noteAnswer("offer", 200);
  assertEquals([memory.asks, (await open()).asks], [undefined, undefined]);
  memory.noteAsks("login");
  clock.ms += 31 * DAY_MS;
  assertEquals(memory.asks, undefined);
});

Deno.test("connections count until a login succeeds, the machine refuses, or a type says that they do not", async () => {
  const memory = await makeRig().open();
  const count = (times: number) => {
    for (let at = 0; at < times; at++) memory.noteConnected();
    return memory.counted;
  };
  assertEquals(count(3), 3);
  memory.noteLoggedIn();
  assertEquals([memory.counted, count(2)], [0, 2]);
  memory.noteAway();
  assertEquals([memory.counted, count(1)], [0, 1]);
  memory.noteOffer([16, 1]);
  assertEquals([memory.counted, memory.offersNone], [0, true]);
  memory.noteOffer([2]);
  assertEquals([memory.counted, memory.offersNone], [1, false]);
});

Deno.test("forgive() unlearns every lesson, and keeps the count", async () => {
  const { open } = makeRig();
  const memory = await open();
  memory.noteConnected();
  memory.noteProbed(true);
  memory.noteUnreachable();
  memory.noteAsks("login");
  memory.forgive();
  assertEquals([memory.ends, memory.asks, memory.counted], [false, undefined, 1]);
  const again = await open();
  assertEquals([again.ends, again.asks, again.counted], [false, undefined, 1]);
});
