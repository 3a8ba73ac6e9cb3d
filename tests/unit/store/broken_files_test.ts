import { assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { DataFolderError, type Stores } from "../../../src/store/store.ts";
import { makeStoreRig, type StoreRig } from "../../fakes/store_rig.ts";

interface Link {
  readonly label: string;
}

const isValid = (value: unknown) => typeof (value as Link | null)?.label === "string";

function openLinks(stores: Stores) {
  return stores.open<Link>("share-links", { isValid });
}

async function listLinks(rig: StoreRig): Promise<string[]> {
  return (await openLinks(rig.open()).list()).map(([key]) => key);
}

/** Ways in which a file breaks, and what operators are told. */
const BROKEN: Record<string, (path: string) => void> = {
  "is empty": (path) => Deno.writeTextFileSync(path, ""),
  "is not complete JSON": (path) => Deno.truncateSync(path, 20),
  "was emptied": (path) => Deno.writeTextFileSync(path, "{}"),
  "contains a record of the wrong type": (path) => Deno.writeTextFileSync(path, '{ "a": 5 }'),
  "is a folder": (path) => (Deno.removeSync(path), Deno.mkdirSync(path)),
};

for (const [why, breakFile] of Object.entries(BROKEN)) {
  Deno.test(`a file that ${why} is set aside and restored from its copy, which one sentence says`, async () => {
    await using rig = await makeStoreRig();
    const links = openLinks(rig.open());
    for (const label of ["a", "b", "c"]) await links.put(label, { label });
    await links.delete("b");
    breakFile(`${rig.folder}/share-links.json`);
    assertEquals(await listLinks(rig), ["a", "c"]);
    const [, kept] = rig.told[0]!.match(/ the broken file was renamed to (share-links\.json\.broken-[0-9TZ]+)\.$/)!;
    assertEquals(rig.told.length, 1);
    assertStringIncludes(rig.told[0]!, `error share-links.json in the data folder ${why}. Porthole uses its copy;`);
    assertEquals(rig.list(), ["share-links.json", kept!, "share-links.json.copy"].sort());
    assertEquals(rig.read("share-links.json"), rig.read("share-links.json.copy"));
    assertEquals(rig.open().problems(), []);
  });
}

Deno.test("what was at a broken file's place is a problem for operators until the next start", async () => {
  await using rig = await makeStoreRig();
  await openLinks(rig.open()).put("a", { label: "a" });
  rig.write("share-links.json", "");
  const stores = rig.open();
  openLinks(stores);
  assertEquals(stores.problems().length, 1);
  assertMatch(stores.problems()[0]!, /^share-links\.json in the data folder is empty\. /);
});

Deno.test("of broken files of one name, the last three are kept", async () => {
  await using rig = await makeStoreRig();
  await openLinks(rig.open()).put("a", { label: "a" });
  for (let round = 0; round < 6; round++) {
    rig.write("share-links.json", `broken ${round}`);
    assertEquals(await listLinks(rig), ["a"]);
  }
  assertEquals(rig.list().filter((name) => name.includes("broken")).length, 3);
});

Deno.test("a file that was removed comes back from its copy; with both removed, there are no records", async () => {
  await using rig = await makeStoreRig();
  await openLinks(rig.open()).put("a", { label: "a" });
  Deno.removeSync(`${rig.folder}/share-links.json`);
  assertEquals(await listLinks(rig), ["a"]);
  assertEquals(rig.told, ["error share-links.json was missing from the data folder. Porthole uses its copy."]);
  for (const name of rig.list()) Deno.removeSync(`${rig.folder}/${name}`);
  assertEquals(await listLinks(rig), []);
});

Deno.test("a person may remove records with an editor, even the last one; the copy follows", async () => {
  await using rig = await makeStoreRig();
  const links = openLinks(rig.open());
  for (const label of ["a", "b"]) await links.put(label, { label });
  rig.write("share-links.json", rig.read("share-links.json").replace(/ {2}"a".*\n/, ""));
  assertEquals([await listLinks(rig), rig.told], [["b"], []]);
  assertEquals(rig.read("share-links.json.copy"), rig.read("share-links.json"));
  rig.write("share-links.json", "{\n}\n");
  assertEquals([await listLinks(rig), rig.told], [[], []]);
});

Deno.test("without a copy, broken records are lost if that is safe, and prevent the start if it is not", async () => {
  await using rig = await makeStoreRig();
  rig.write("share-links.json", "{");
  assertEquals(await listLinks(rig), []);
  assertStringIncludes(rig.told[0]!, "It has no copy, so its records are lost");
  rig.write("two-factor.json", "{");
  assertThrows(
    () => rig.open().open("two-factor", { precious: true }),
    DataFolderError,
    "two-factor.json in the data folder is not complete JSON, and it has no copy: repair it, restore it",
  );
  assertEquals(rig.read("two-factor.json"), "{");
});

Deno.test("a change that a crash cut off between the copy and the file is not there, and nothing else is lost", async () => {
  await using rig = await makeStoreRig();
  await openLinks(rig.open()).put("a", { label: "a" });
  const before = rig.read("share-links.json");
  await openLinks(rig.open()).put("b", { label: "b" });
  rig.write("share-links.json", before);
  assertEquals([await listLinks(rig), rig.told], [["a"], []]);
  assertEquals(rig.read("share-links.json.copy"), before);
});

Deno.test("beside a running gateway, a broken file is read from its copy and left as it is", async () => {
  await using rig = await makeStoreRig();
  await openLinks(rig.open()).put("a", { label: "a" });
  rig.write("share-links.json", "");
  const beside = openLinks(rig.open({ isOwner: false }));
  assertEquals([(await beside.list()).length, rig.read("share-links.json"), rig.list().length], [1, "", 2]);
});

Deno.test("the gateway that has locked the folder is not misled by a file that is put there while it runs", async () => {
  await using rig = await makeStoreRig();
  const links = openLinks(rig.open());
  await links.put("a", { label: "a" });
  const old = rig.read("share-links.json");
  await links.delete("a");
  rig.write("share-links.json", old);
  await links.put("b", { label: "b" });
  assertEquals(await listLinks(rig), ["b"]);
});

Deno.test("files that a crash left half written are removed at the start, and no others", async () => {
  await using rig = await makeStoreRig();
  const uuid = "0b9f5b0e-3f5d-4b2c-9d7a-0123456789ab";
  const ours = ["pins.json", "share-links.json.copy", "two-factor.json"].map((name) => `${name}.${uuid}.new`);
  const others = [`notes.txt.${uuid}.new`, "pins.json.backup", "pins.json.mine.new", `${uuid}.new`];
  for (const name of [...ours, `pins.json.${uuid}`, ...others]) rig.write(name, "half");
  Deno.mkdirSync(`${rig.folder}/tls`);
  rig.write(`tls/leaf.key.${uuid}.new`, "half");
  rig.open({ isOwner: false });
  assertEquals(rig.list().length, 9);
  rig.open();
  assertEquals(rig.list(), [...others, "tls"].sort());
  assertEquals([...Deno.readDirSync(`${rig.folder}/tls`)], []);
});
