import { assertEquals, assertRejects } from "@std/assert";
import { PortholeError } from "../../../src/errors.ts";
import { openFileStores } from "../../../src/store/file_stores.ts";
import type { FileEffects } from "../../../src/store/replace_file.ts";
import { assertFast } from "../../fakes/assert_fast.ts";

/** A folder that goes with the test, with stores on it as different processes open them. */
async function makeRig(effects: FileEffects = Deno) {
  const home = await Deno.makeTempDir();
  const folder = `${home}/data`;
  const opened: ReturnType<typeof openFileStores>[] = [];
  const open = () => {
    opened.push(openFileStores({ folder, effects }));
    return opened.at(-1)!;
  };
  return {
    folder,
    open,
    read: (name: string) => Deno.readTextFile(`${folder}/${name}`),
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((stores) => stores.settled()));
      await Deno.remove(home, { recursive: true });
    },
  };
}

/** The real file system, with a count of the files that were moved to their place. */
function countMoves() {
  const count = { moves: 0 };
  const rename: FileEffects["rename"] = (from, to) => {
    count.moves++;
    return Deno.rename(from, to);
  };
  return { count, effects: { ...realEffects(), rename } };
}

function realEffects(): FileEffects {
  const { mkdir, open, rename, remove } = Deno;
  return { mkdir, open, rename, remove };
}

Deno.test("records survive a restart, with their expiry, in a file that only the owner can read", async () => {
  await using rig = await makeRig();
  const links = rig.open().open<{ label: string }>("links");
  const expiresAtMs = Date.now() + 60_000;
  await links.put("a", { label: "x" }, { expiresAtMs });
  await links.put("b", { label: "y" }, { expiresAtMs: Date.now() - 1 });
  assertEquals(await rig.open().open("links").list(), [["a", { label: "x" }]]);
  const expires = new Date(expiresAtMs).toISOString();
  assertEquals(JSON.parse(await rig.read("links.json")), { a: { expires, value: { label: "x" } } });
  if (Deno.build.os === "windows") return;
  assertEquals((await Deno.stat(`${rig.folder}/links.json`)).mode! & 0o777, 0o600);
  assertEquals((await Deno.stat(rig.folder)).mode! & 0o777, 0o700);
});

Deno.test("text without an expiry is written directly, one record per line", async () => {
  await using rig = await makeRig();
  const pins = rig.open().open<string>("pins");
  await pins.put("pi", "sha256:aa");
  await pins.put("desk", "sha256:bb");
  assertEquals(await rig.read("pins.json"), '{\n  "pi": "sha256:aa",\n  "desk": "sha256:bb"\n}\n');
  await pins.delete("pi");
  await pins.delete("desk");
  assertEquals(await rig.read("pins.json"), "{}\n");
});

Deno.test("transient records are never written to disk", async () => {
  await using rig = await makeRig();
  const stores = rig.open();
  await stores.open<string>("tickets", { transient: true }).put("a", "x");
  assertEquals(await stores.open("tickets", { transient: true }).get("a"), "x");
  await assertRejects(() => Deno.stat(rig.folder), Deno.errors.NotFound);
});

Deno.test("simultaneous changes are written together, and leave no other file", async () => {
  const { count, effects } = countMoves();
  await using rig = await makeRig(effects);
  const pins = rig.open().open<string>("pins");
  await Promise.all(Array.from({ length: 100 }, (_, at) => pins.put(`pi${at}`, "x")));
  assertEquals([count.moves, (await rig.open().open("pins").list()).length], [2, 100]);
  assertEquals([...Deno.readDirSync(rig.folder)].map(({ name }) => name).sort(), ["pins.json", "pins.json.copy"]);
});

Deno.test("a change is in the file when its promise resolves", async () => {
  await using rig = await makeRig();
  const pins = rig.open().open<number>("pins");
  for (let round = 0; round < 20; round++) {
    await pins.update("count", (value = 0) => ({ result: null, put: value + 1 }));
    assertEquals(JSON.parse(await rig.read("pins.json")).count, round + 1);
  }
});

Deno.test("writers of different records do not overwrite each other, even if their copies are old", async () => {
  await using rig = await makeRig();
  const [one, other] = [rig.open().open<string>("links"), rig.open().open<string>("links")];
  await one.put("a", "of one");
  await other.put("b", "of the other");
  await one.put("c", "of one");
  await other.delete("b");
  await one.put("d", "of one");
  assertEquals((await rig.open().open("links").list()).map(([key]) => key).sort(), ["a", "c", "d"]);
});

Deno.test("an editable file is read again after a change: a removed line is forgotten at once", async () => {
  await using rig = await makeRig();
  const pins = rig.open().open<string>("pins", { editable: true });
  await pins.put("pi", "x");
  await pins.put("desk", "y");
  await Deno.writeTextFile(`${rig.folder}/pins.json`, '{ "desk": "y" }');
  assertEquals([await pins.get("pi"), await pins.get("desk")], [undefined, "y"]);
  await Deno.writeTextFile(`${rig.folder}/pins.json`, '{ "desk": "y", "lab": "z" }');
  await pins.put("pi", "x");
  assertEquals((await pins.list()).map(([key]) => key), ["desk", "lab", "pi"]);
  await Deno.remove(`${rig.folder}/pins.json`);
  assertEquals(await pins.list(), []);
});

Deno.test("a broken editable file is left unchanged, and cannot be read until it is repaired", async () => {
  await using rig = await makeRig();
  await Deno.mkdir(rig.folder);
  const file = `${rig.folder}/pins.json`;
  for (const text of ["{", "[]", "null", '"x"', "", '{ "pi": {} }', '{ "pi": null }']) {
    await Deno.writeTextFile(file, text);
    const pins = rig.open().open<string>("pins", { editable: true, precious: true });
    const { code } = await assertRejects(() => pins.get("pi"), PortholeError, "Cannot read pins.json");
    assertEquals(code, "internal");
    await assertRejects(() => pins.put("pi", "x"), PortholeError);
    assertEquals(await Deno.readTextFile(file), text);
    await Deno.writeTextFile(file, '{ "pi": "y" }');
    assertEquals(await pins.get("pi"), "y");
  }
});

Deno.test("a file that was removed is written again with every record", async () => {
  await using rig = await makeRig();
  const links = rig.open().open<string>("links");
  await links.put("a", "x");
  await Deno.remove(rig.folder, { recursive: true });
  await links.put("b", "y");
  assertEquals((await rig.open().open("links").list()).map(([key]) => key), ["a", "b"]);
});

Deno.test("settled() waits for changes that nobody awaits", async () => {
  await using rig = await makeRig();
  const stores = rig.open();
  const links = stores.open<string>("links");
  links.put("a", "x");
  await stores.settled();
  assertEquals(await rig.open().open("links").get("a"), "x");
});

Deno.test("10,000 records that keep changing do not block the event loop", async () => {
  await using rig = await makeRig();
  const stores = rig.open();
  const links = stores.open<{ text: string }>("links");
  const value = { text: "x".repeat(300) };
  await Promise.all(Array.from({ length: 10_000 }, (_, at) => links.put(`${at}`, value)));
  await assertFast(100, async () => {
    let [turns, longestMs, lastMs] = [0, 0, performance.now()];
    const timer = setInterval(() => {
      const now = performance.now();
      [turns, longestMs, lastMs] = [turns + 1, Math.max(longestMs, now - lastMs), now];
    }, 1);
    const startedAt = performance.now();
    while (performance.now() - startedAt < 500) await links.put(`${turns % 10_000}`, value);
    clearInterval(timer);
    return turns > 100 ? longestMs : Infinity;
  });
});
