import { assertEquals } from "@std/assert";
import { markHash } from "../../../src/access/marks.ts";
import { KnownDevices } from "../../../src/access/known_devices.ts";
import { hashToken } from "../../../src/access/opaque_token.ts";
import { openAccessStores } from "../../../src/access/stores.ts";
import { createMemoryStores } from "../../../src/store/memory_stores.ts";

function makeRig() {
  const clock = { ms: 1_800_000_000_000 };
  const now = () => clock.ms;
  const store = openAccessStores(createMemoryStores({ now })).knownDevices;
  const makeUser = (name: string, passwordHash: string) => ({ name, passwordHash, groups: [] });
  const users = new Map([["ada", makeUser("ada", "first")], ["bob", makeUser("bob", "first")]]);
  const devices = new KnownDevices({ store, users: () => users, now });
  const remember = (name = "ada", previous?: string, signIn = "one") =>
    devices.remember({ name, of: markHash("first"), signIn }, previous);
  return { clock, store, users, makeUser, devices, remember };
}

Deno.test("a browser is known to the one user who signed in with it, by a value of which only the hash is kept", async () => {
  const { store, devices, remember } = makeRig();
  const value = await remember();
  assertEquals(await devices.find(value, "ada"), hashToken(value));
  for (
    const [other, name] of [[value, "bob"], [value, "eve"], ["x", "ada"], [undefined, "ada"], ["", "ada"]] as const
  ) {
    assertEquals(await devices.find(other, name), undefined);
  }
  assertEquals(JSON.stringify(await store.list()).includes(value), false);
});

Deno.test("a new password ends it, and so does the removal of the user", async () => {
  const { devices, remember, users, makeUser } = makeRig();
  const value = await remember();
  users.set("ada", makeUser("ada", "second"));
  assertEquals(await devices.find(value, "ada"), undefined);
  users.delete("ada");
  assertEquals(await devices.find(value, "ada"), undefined);
});

Deno.test("each sign-in gives the browser a new value, which replaces its own previous one and nobody else's", async () => {
  const { devices, remember } = makeRig();
  const [bob, first] = [await remember("bob"), await remember()];
  const second = await remember("ada", first);
  await remember("ada", bob);
  const found = [await devices.find(first, "ada"), await devices.find(second, "ada"), await devices.find(bob, "bob")];
  assertEquals(found, [undefined, hashToken(second), hashToken(bob)]);
});

Deno.test("twenty browsers of a user are known, those used last, for 180 days", async () => {
  const { clock, store, devices, remember } = makeRig();
  await remember("bob");
  const values: string[] = [];
  for (let at = 0; at < 22; at++) {
    clock.ms += 1;
    values.push(await remember());
  }
  const ids = await Promise.all(values.map((value) => devices.find(value, "ada")));
  assertEquals(ids.map((id) => id !== undefined), values.map((_, at) => at >= 2));
  assertEquals((await store.list()).length, 21);
  clock.ms += 180 * 86_400_000;
  assertEquals(await store.list(), []);
});

Deno.test("a sign-in that is ended takes its browser with it", async () => {
  const { devices, remember } = makeRig();
  const [lost, kept] = [await remember("ada", undefined, "lost"), await remember("ada", undefined, "kept")];
  await devices.forget("lost");
  assertEquals([await devices.find(lost, "ada"), await devices.find(kept, "ada")], [undefined, hashToken(kept)]);
});
