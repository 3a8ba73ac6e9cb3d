import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { type SignIn, SignIns } from "../../../src/access/sign_ins.ts";
import { createMemoryStore, openFileStore } from "../../../src/access/store.ts";

const LIMITS = { idleMs: 3_600_000, absoluteMs: 24 * 3_600_000 };
const ADA = { name: "ada", by: "password", of: "mark", address: "10.0.0.1", userAgent: "Firefox" } as const;

function makeRig() {
  const clock = { ms: 1_000_000 };
  const store = createMemoryStore<readonly SignIn[]>([]);
  const make = () => new SignIns({ store, limits: () => LIMITS, now: () => clock.ms });
  return { clock, store, make, signIns: make() };
}

Deno.test("a sign-in is found by its cookie and by nothing that is stored", async () => {
  const { signIns, store } = makeRig();
  const cookie = await signIns.begin(ADA);
  const found = (await signIns.find(cookie))!;
  assertEquals([found.name, found.address], ["ada", "10.0.0.1"]);
  assert(!JSON.stringify(store.value).includes(cookie));
  assertEquals(await signIns.find(found.id), undefined);
  assertEquals(await signIns.find(""), undefined);
});

Deno.test("two sign-ins of one person are two, and one ends without the other", async () => {
  const { signIns } = makeRig();
  const [first, second] = [await signIns.begin(ADA), await signIns.begin(ADA)];
  assertNotEquals(first, second);
  const { id } = (await signIns.find(first))!;
  await signIns.end(id);
  assertEquals([await signIns.find(first), (await signIns.find(second))?.name], [undefined, "ada"]);
});

Deno.test("a sign-in ends after idling, and after its longest time though it is used", async () => {
  const { clock, signIns } = makeRig();
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
  assertEquals(await signIns.list(), []);
});

Deno.test("sign-ins survive a restart", async () => {
  const { make, signIns } = makeRig();
  const cookie = await signIns.begin(ADA);
  assertEquals((await make().find(cookie))?.name, "ada");
});

Deno.test("a flood of sign-ins of one person pushes out that person's oldest only", async () => {
  const { signIns } = makeRig();
  const bob = await signIns.begin({ ...ADA, name: "bob" });
  const first = await signIns.begin(ADA);
  for (let count = 0; count < 60; count++) await signIns.begin(ADA);
  assertEquals([await signIns.find(first), (await signIns.find(bob))?.name], [undefined, "bob"]);
  assert((await signIns.list()).length <= 51);
});

Deno.test("openFileStore() keeps a value in a file for its owner only", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/deep/state.json`;
    openFileStore<string[]>(path, []).save(["x"]);
    assertEquals(openFileStore<string[]>(path, []).value, ["x"]);
    assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
    await Deno.writeTextFile(path, "{");
    let thrown: unknown;
    try {
      openFileStore(path, []);
    } catch (error) {
      thrown = error;
    }
    assert(thrown instanceof Error && thrown.message.includes("Cannot read"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
