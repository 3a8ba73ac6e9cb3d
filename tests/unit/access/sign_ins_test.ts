import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { SignIns } from "../../../src/access/sign_ins.ts";
import { openAccessStores } from "../../../src/access/stores.ts";
import { PortholeError } from "../../../src/errors.ts";
import { openFileStores } from "../../../src/store/file_stores.ts";
import { createMemoryStores } from "../../../src/store/memory_stores.ts";
import type { FileEffects } from "../../../src/store/replace_file.ts";

const LIMITS = { idleMs: 3_600_000, absoluteMs: 24 * 3_600_000 };
const ADA = { name: "ada", by: "password", of: "mark", address: "10.0.0.1", userAgent: "Firefox" } as const;

function makeRig(limits: () => typeof LIMITS = () => LIMITS) {
  const clock = { ms: 1_000_000 };
  const ended = new Set<string | undefined>();
  const stands = ({ of }: { of?: string }) => Promise.resolve(!ended.has(of));
  const now = () => clock.ms;
  const store = openAccessStores(createMemoryStores({ now })).signIns;
  const make = () => new SignIns({ store, limits, stands, now });
  return { clock, ended, store, make, signIns: make() };
}

Deno.test("a sign-in is found by its cookie, and not by anything that is stored", async () => {
  const { signIns, store } = makeRig();
  const cookie = await signIns.begin({ ...ADA, userAgent: "x".repeat(500) });
  const found = (await signIns.find(cookie))!;
  assertEquals([found.name, found.address, found.userAgent.length], ["ada", "10.0.0.1", 120]);
  assert(!JSON.stringify(await store.list()).includes(cookie));
  assertEquals(await signIns.find(found.id), undefined);
  assertEquals(await signIns.find(""), undefined);
});

Deno.test("two sign-ins of one user are separate, and one ends without the other", async () => {
  const { signIns } = makeRig();
  const [first, second] = [await signIns.begin(ADA), await signIns.begin(ADA)];
  assertNotEquals(first, second);
  const { id } = (await signIns.find(first))!;
  await signIns.end(id);
  await signIns.end(id);
  assertEquals([await signIns.find(first), (await signIns.find(second))?.name], [undefined, "ada"]);
});

Deno.test("a sign-in ends after its idle time, and after its absolute time even while it is used", async () => {
  const { clock, signIns, store } = makeRig();
  const idle = await signIns.begin(ADA);
  clock.ms += LIMITS.idleMs;
  assertEquals(await signIns.find(idle), undefined);
  const used = await signIns.begin(ADA);
  for (let spent = 0; spent < LIMITS.absoluteMs - 1_800_000; spent += 1_800_000) {
    clock.ms += 1_800_000;
    assert(await signIns.find(used), `after ${spent}`);
  }
  clock.ms += 1_800_000;
  assertEquals(await signIns.find(used), undefined);
  assertEquals([await signIns.list(), await store.list()], [[], []]);
});

Deno.test("shorter limits also apply to sign-ins that began before", async () => {
  const limits = { ...LIMITS };
  const { clock, signIns } = makeRig(() => limits);
  const cookie = await signIns.begin(ADA);
  clock.ms += 1_000;
  limits.idleMs = 500;
  assertEquals([await signIns.find(cookie), await signIns.list()], [undefined, []]);
});

Deno.test("sign-ins are listed newest first, with their last use to the minute", async () => {
  const { clock, signIns } = makeRig();
  const first = await signIns.begin(ADA);
  clock.ms += 59_999;
  await signIns.find(first);
  await signIns.begin({ ...ADA, name: "bob" });
  const lastUsed = async () => (await signIns.list()).map(({ name, lastUsedMs }) => [name, lastUsedMs]);
  assertEquals(await lastUsed(), [["bob", 1_059_999], ["ada", 1_000_000]]);
  clock.ms += 1;
  await signIns.find(first);
  assertEquals(await lastUsed(), [["bob", 1_059_999], ["ada", 1_060_000]]);
});

const count = (begun: readonly PromiseSettledResult<unknown>[]) =>
  begun.filter(({ status }) => status === "fulfilled").length;

Deno.test("the 51st sign-in of one user is refused, and the others go on", async () => {
  const { signIns } = makeRig();
  const first = await signIns.begin(ADA);
  const flood = () => Promise.allSettled(Array.from({ length: 60 }, () => signIns.begin(ADA)));
  assertEquals([count(await flood()), count(await flood())], [49, 0]);
  const refused = await assertRejects(() => signIns.begin(ADA), PortholeError, "50 browsers");
  assertEquals([refused.code, refused.retryAfterMs], ["limit_reached", 60_000]);
  assertEquals((await signIns.find(first))?.name, "ada");
  const { id } = (await signIns.find(first))!;
  await signIns.begin(ADA, { replaces: id });
  assertEquals(await signIns.find(first), undefined);
  for (const other of [{ ...ADA, name: "bob" }, { ...ADA, by: "oidc" as const }]) {
    assert(await signIns.find(await signIns.begin(other)));
  }
});

Deno.test("sign-ins whose password has changed are not listed, and do not count", async () => {
  const { signIns, ended } = makeRig();
  for (let more = 0; more < 50; more++) await signIns.begin(ADA);
  ended.add(ADA.of);
  await signIns.begin({ ...ADA, of: "new password" });
  assertEquals((await signIns.list()).map(({ of }) => of), ["new password"]);
});

Deno.test("a sign-in that cannot be paid does not begin, and leaves its place", async () => {
  const { signIns } = makeRig();
  const first = await signIns.begin(ADA);
  const { id: replaces } = (await signIns.find(first))!;
  const pay = () => Promise.reject(new Error("used up"));
  await assertRejects(() => signIns.begin(ADA, { replaces, pay }), Error, "used up");
  assert(await signIns.find(first));
  assertEquals(count(await Promise.allSettled(Array.from({ length: 60 }, () => signIns.begin(ADA)))), 49);
});

Deno.test("guests take half of the places at most, and nobody's flood ends a sign-in", async () => {
  const { signIns, store } = makeRig();
  const guest = { ...ADA, by: "share_link" as const };
  const fill = (by: "share_link" | "password", many: number) =>
    Promise.all(Array.from({ length: many }, (_, at) => {
      const id = `${by} ${at}`;
      const times = { createdMs: 1_000_000, lastUsedMs: 1_000_000 };
      return store.put(id, { ...ADA, by, name: id, id, ...times });
    }));
  await fill("share_link", 4_999);
  assertEquals(count(await Promise.allSettled(["a", "b"].map((name) => signIns.begin({ ...guest, name })))), 1);
  await fill("password", 4_999);
  assertEquals(count(await Promise.allSettled(["a", "b"].map((name) => signIns.begin({ ...ADA, name })))), 1);
  assertEquals((await signIns.list()).length, 10_000);
});

Deno.test("sign-ins that begin and end at the same time do not undo each other", async () => {
  const { signIns } = makeRig();
  const old = await Promise.all(Array.from({ length: 20 }, () => signIns.begin(ADA)));
  const ids = (await signIns.list()).map(({ id }) => id);
  const [begun] = await Promise.all([
    Promise.all(Array.from({ length: 20 }, () => signIns.begin(ADA))),
    ...ids.map((id) => signIns.end(id)),
    ...old.map((cookie) => signIns.find(cookie)),
  ]);
  assertEquals((await Promise.all(old.map((cookie) => signIns.find(cookie)))).filter(Boolean), []);
  assertEquals((await Promise.all(begun.map((cookie) => signIns.find(cookie)))).filter(Boolean).length, 20);
});

Deno.test("recording a use while the sign-in ends does not bring it back", async () => {
  const { clock, signIns } = makeRig();
  const cookie = await signIns.begin(ADA);
  const { id } = (await signIns.find(cookie))!;
  clock.ms += 60_000;
  await Promise.all([signIns.end(id), signIns.find(cookie), signIns.find(cookie)]);
  assertEquals([await signIns.find(cookie), await signIns.list()], [undefined, []]);
});

Deno.test("sign-ins survive a restart, and finding one does not touch the disk", async () => {
  const folder = await Deno.makeTempDir();
  let opened = 0;
  const { mkdir, rename, remove } = Deno;
  const open: FileEffects["open"] = (path, options) => {
    opened++;
    return Deno.open(path, options);
  };
  const effects = { mkdir, rename, remove, open };
  const openSignIns = () => {
    const stores = openFileStores({ folder, effects });
    return new SignIns({ store: openAccessStores(stores).signIns, limits: () => LIMITS });
  };
  try {
    const cookie = await openSignIns().begin(ADA);
    const signIns = openSignIns();
    opened = 0;
    await Deno.remove(`${folder}/signed-in-browsers.json`);
    for (let round = 0; round < 100; round++) assertEquals((await signIns.find(cookie))?.name, "ada");
    assertEquals(opened, 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
