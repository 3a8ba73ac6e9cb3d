import { assertEquals, assertRejects } from "@std/assert";
import { PortholeError } from "../../../src/errors.ts";
import { NotStored, refuseUnsaved } from "../../../src/store/store.ts";
import { makeStoreRig } from "../../fakes/store_rig.ts";

Deno.test("a change that cannot be written rejects with the reason, and is in effect in memory", async () => {
  await using rig = await makeStoreRig();
  const stores = rig.open();
  const links = stores.open<string>("share-links");
  await links.put("a", "x");
  rig.disk.full = true;
  const { code, message } = await assertRejects(() => links.delete("a"), NotStored);
  assertEquals(code, "not_stored");
  assertEquals(
    message,
    "This could not be saved: the gateway's disk is full. Until it is saved, a restart of the gateway " +
      "undoes it",
  );
  assertEquals([await links.get("a"), stores.unsaved()], [undefined, 1]);
  assertEquals(await rig.open({ isOwner: false }).open("share-links").get("a"), "x");
});

Deno.test("a deletion that is not written yet rejects again when it is repeated, until it is written", async () => {
  await using rig = await makeStoreRig();
  const links = rig.open().open<string>("share-links");
  await links.put("a", "x");
  rig.disk.full = true;
  await assertRejects(() => links.delete("a"), NotStored);
  await assertRejects(() => links.delete("a"), NotStored);
  rig.disk.full = false;
  await links.delete("a");
  assertEquals(await rig.open({ isOwner: false }).open("share-links").get("a"), undefined);
});

Deno.test("what could not be written is tried again by itself, with the latest state only, and told once", async () => {
  await using rig = await makeStoreRig();
  const stores = rig.open();
  const links = stores.open<string>("share-links");
  await Promise.all(["a", "b"].map((key) => links.put(key, "x")));
  rig.disk.full = true;
  await assertRejects(() => links.delete("a"), NotStored);
  for (let tries = 0; tries < 5; tries++) {
    rig.timers.pass(60_000);
    await stores.settled();
    await assertRejects(() => links.put("c", `${tries}`), NotStored);
  }
  assertEquals([rig.told.length, stores.problems().length, rig.timers.waiting], [1, 1, 1]);
  rig.disk.full = false;
  rig.timers.pass(60_000);
  await stores.settled();
  assertEquals([stores.problems(), stores.unsaved(), rig.timers.waiting], [[], 0, 0]);
  assertEquals(rig.told, [
    "error share-links.json cannot be saved: the gateway's disk is full. Changes are in effect, but a restart would undo " +
    "those that are not saved. Porthole tries again",
    "info share-links.json is saved again",
  ]);
  const written = await rig.open({ isOwner: false }).open<string>("share-links").list();
  assertEquals(written, [["b", "x"], ["c", "4"]]);
});

Deno.test("the pause between tries grows to a minute, and a new change does not wait for it", async () => {
  await using rig = await makeStoreRig();
  const stores = rig.open();
  const links = stores.open<string>("share-links");
  rig.disk.full = true;
  await assertRejects(() => links.put("a", "x"), NotStored);
  const pauses: number[] = [];
  for (let tries = 0; tries < 9; tries++) {
    const before = rig.timers.ms;
    while (rig.timers.waiting > 0) rig.timers.pass(1_000);
    pauses.push((rig.timers.ms - before) / 1_000);
    while (rig.timers.waiting === 0) await new Promise((turn) => setTimeout(turn, 1));
  }
  assertEquals(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
  rig.disk.full = false;
  await links.put("b", "y");
  assertEquals([stores.unsaved(), rig.timers.waiting], [0, 0]);
});

Deno.test("a change that must not be lost is undone, and one that may be lost is accepted", async () => {
  await using rig = await makeStoreRig();
  const stores = rig.open();
  const links = stores.open<number>("share-links");
  await links.put("a", 5);
  rig.disk.full = true;
  const undone = { ifUnsaved: "undo" } as const;
  const { message } = await assertRejects(() => links.put("a", 4, undone), NotStored);
  assertEquals(message, "Nothing was changed, because it could not be saved: the gateway's disk is full");
  await assertRejects(() => links.put("b", 1, undone).catch(refuseUnsaved("Not made")), PortholeError, "Not made: the");
  assertEquals([await links.get("a"), await links.get("b")], [5, undefined]);
  assertEquals(await links.update("c", () => ({ result: "ok", put: 1, ifUnsaved: "accept" })), "ok");
  assertEquals(await links.get("c"), 1);
  rig.disk.full = false;
  await links.put("d", 1);
  assertEquals((await rig.open({ isOwner: false }).open("share-links").list()).map(([key]) => key), ["a", "c", "d"]);
});

Deno.test("a later change of the same record is not undone with an earlier one", async () => {
  await using rig = await makeStoreRig();
  const links = rig.open().open<number>("share-links");
  rig.disk.full = true;
  const first = links.put("a", 1, { ifUnsaved: "undo" });
  const second = links.put("a", 2);
  await assertRejects(() => first, NotStored);
  await assertRejects(() => second, NotStored);
  assertEquals(await links.get("a"), 2);
});

Deno.test("settled() tries a failed write once more, and then leaves it", async () => {
  await using rig = await makeStoreRig();
  const stores = rig.open();
  const links = stores.open<string>("share-links");
  rig.disk.full = true;
  await assertRejects(() => links.put("a", "x"), NotStored);
  await stores.settled();
  assertEquals([stores.unsaved(), rig.timers.waiting], [1, 0]);
  rig.disk.full = false;
  await stores.settled();
  assertEquals(await rig.open({ isOwner: false }).open("share-links").get("a"), "x");
});

Deno.test("records that people edit stay as they are while the folder is gone, and are written when it is back", async () => {
  await using rig = await makeStoreRig();
  const stores = rig.open();
  const links = stores.open<string>("login-link", { editable: true });
  await links.put("token", "x");
  await Deno.rename(rig.folder, `${rig.folder}.away`);
  assertEquals(await links.get("token"), "x");
  await Deno.writeTextFile(rig.folder, "");
  assertEquals(await links.get("token"), "x");
  await assertRejects(() => links.put("token", "y"), NotStored, "the gateway's data folder is not a folder");
  await Deno.remove(rig.folder);
  await Deno.rename(`${rig.folder}.away`, rig.folder);
  await stores.settled();
  assertEquals(await rig.open().open("login-link", { editable: true }).get("token"), "y");
  await Deno.remove(`${rig.folder}/login-link.json`);
  assertEquals(await links.get("token"), undefined);
});
