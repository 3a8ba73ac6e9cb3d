/** What every store has to do, whatever it keeps its records in: an implementation is a row of MAKERS. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { openFileStores } from "../../../src/store/file_stores.ts";
import { createMemoryStores } from "../../../src/store/memory_stores.ts";
import type { Stores } from "../../../src/store/store.ts";
import { assertFast } from "../../fakes/assert_fast.ts";

interface Rig extends AsyncDisposable {
  readonly stores: Stores;
  /** Milliseconds since 1970, as the stores see them. */
  readonly clock: { ms: number };
}

const MAKERS: Record<string, () => Promise<Rig>> = {
  memory: () => {
    const clock = { ms: 1_800_000_000_000 };
    const stores = createMemoryStores({ now: () => clock.ms });
    return Promise.resolve({ stores, clock, [Symbol.asyncDispose]: () => Promise.resolve() });
  },
  file: async () => {
    const clock = { ms: 1_800_000_000_000 };
    const folder = await Deno.makeTempDir();
    const stores = openFileStores({ folder, now: () => clock.ms });
    const dispose = async () => {
      await stores.settled();
      await Deno.remove(folder, { recursive: true });
    };
    return { stores, clock, [Symbol.asyncDispose]: dispose };
  },
};

interface Link {
  readonly label: string;
  readonly usesLeft: number;
}

const CONTRACT: Record<string, (rig: Rig) => Promise<void>> = {
  "a record stays until it is deleted, and deleting it leaves the others": async ({ stores }) => {
    const store = stores.open<Link>("links");
    const [a, b] = [{ label: "a", usesLeft: 1 }, { label: "b", usesLeft: 2 }];
    assertEquals([await store.get("a"), await store.list()], [undefined, []]);
    await Promise.all([store.put("a", a), store.put("b", b)]);
    assertEquals([await store.get("a"), await store.get("b")], [a, b]);
    await store.delete("a");
    await store.delete("never there");
    assertEquals([await store.get("a"), await store.list()], [undefined, [["b", b]]]);
  },
  "opening a kind twice gives the same store, and kinds do not share records": async ({ stores }) => {
    await stores.open<string>("pins").put("x", "pin");
    assertEquals([await stores.open("pins").get("x"), await stores.open("links").get("x")], ["pin", undefined]);
  },
  "the record written last comes last": async ({ stores }) => {
    const store = stores.open<number>("numbers");
    for (const key of ["10", "9", "x", "10"]) await store.put(key, 1);
    assertEquals((await store.list()).map(([key]) => key), ["9", "x", "10"]);
  },
  "an expired record is gone for every method": async ({ stores, clock }) => {
    const store = stores.open<string>("texts");
    await store.put("a", "x", { expiresAtMs: clock.ms + 1_000 });
    await store.put("b", "y");
    clock.ms += 999;
    assertEquals(await store.get("a"), "x");
    clock.ms += 1;
    assertEquals([await store.get("a"), (await store.list()).length], [undefined, 1]);
    assertEquals(await store.update("a", (value) => ({ result: value ?? "none" })), "none");
  },
  "writing a record again sets a new expiry": async ({ stores, clock }) => {
    const store = stores.open<string>("texts");
    await store.put("a", "x", { expiresAtMs: clock.ms + 1_000 });
    await store.update("a", (value = "") => ({ result: null, put: value, expiresAtMs: clock.ms + 5_000 }));
    clock.ms += 2_000;
    assertEquals(await store.get("a"), "x");
    await store.put("a", "x");
    clock.ms += 5_000_000;
    assertEquals(await store.get("a"), "x");
  },
  "each of fifty simultaneous updates sees the result of the one before it": async ({ stores }) => {
    const store = stores.open<Link>("links");
    await store.put("a", { label: "a", usesLeft: 3 });
    const open = () =>
      store.update("a", (link) => {
        if (!link || link.usesLeft === 0) return { result: false };
        return { result: true, put: { ...link, usesLeft: link.usesLeft - 1 } };
      });
    const opened = await Promise.all(Array.from({ length: 50 }, open));
    assertEquals([opened.filter(Boolean).length, (await store.get("a"))?.usesLeft], [3, 0]);
  },
  "of ten simultaneous updates that take a record, one gets it": async ({ stores }) => {
    const store = stores.open<string>("tickets");
    await store.put("a", "x");
    const take = () => store.update("a", (value) => ({ result: value, delete: true }));
    const taken = await Promise.all(Array.from({ length: 10 }, take));
    assertEquals(taken.filter((value) => value === "x").length, 1);
  },
  "if decide() throws, the update rejects and changes nothing": async ({ stores }) => {
    const store = stores.open<string>("texts");
    await store.put("a", "x");
    const decide = () => {
      throw new TypeError("too early");
    };
    await assertRejects(() => store.update("a", decide), TypeError, "too early");
    assertEquals(await store.get("a"), "x");
  },
  "any text is a valid key, even a name that objects inherit": async ({ stores }) => {
    const store = stores.open<string>("texts");
    const keys = ["__proto__", "constructor", "", "a b", "ä\u0000\n", '"', "../../etc/passwd"];
    for (const key of keys) assertEquals(await store.get(key), undefined);
    for (const key of keys) await store.put(key, key);
    for (const key of keys) assertEquals(await store.get(key), key);
  },
  "10,000 records are written, listed and found quickly": async ({ stores, clock }) => {
    const store = stores.open<Link>("links");
    const keys = Array.from({ length: 10_000 }, (_, at) => `key ${at}`);
    const expiresAtMs = clock.ms + 60_000;
    await assertFast(2_000, async () => {
      await Promise.all(keys.map((label) => store.put(label, { label, usesLeft: 1 }, { expiresAtMs })));
      const found = await Promise.all(keys.map((key) => store.get(key)));
      assert(found.every((link, at) => link?.label === keys[at]));
      assertEquals((await store.list()).length, 10_000);
    });
  },
};

for (const [kind, make] of Object.entries(MAKERS)) {
  for (const [sentence, check] of Object.entries(CONTRACT)) {
    Deno.test(`${kind}: ${sentence}`, async () => {
      await using rig = await make();
      await check(rig);
    });
  }
}

Deno.test("an embedded store with too many records drops those written longest ago", async () => {
  for (const make of Object.values(MAKERS)) {
    await using rig = await make();
    const store = rig.stores.open<number>("lockouts", { most: 3, transient: true });
    for (const key of ["a", "b", "c", "a", "d"]) await store.put(key, 1);
    assertEquals((await store.list()).map(([key]) => key), ["c", "a", "d"]);
  }
});
