import { assert, assertEquals, assertRejects } from "@std/assert";
import { createTokenRefresh } from "../../../src/config/token_refresh.ts";
import { waitUntil } from "../../fakes/wait_until.ts";

/** A token file, and how often the configuration was read. */
async function createRig({ ageMs = 60_000, reload = () => Promise.resolve() } = {}) {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/tokens`;
  const age = (ms: number) => Deno.utime(file, new Date(Date.now() - ms), new Date(Date.now() - ms));
  await Deno.writeTextFile(file, "a: h:1\n");
  await age(ageMs);
  const rig = { reads: 0 };
  const live = {
    files: [`${folder}/sources.yaml`, file],
    reload: () => {
      rig.reads++;
      return reload();
    },
  };
  const refresh = createTokenRefresh({ live, paths: [file] });
  return {
    ...{ folder, file, age, refresh },
    readCount: () => rig.reads,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

Deno.test("the first unknown token reads the files, and those after it only a changed file", async () => {
  await using rig = await createRig();
  for (let at = 0; at < 3; at++) await rig.refresh();
  assertEquals(rig.readCount(), 1);
  await Deno.writeTextFile(rig.file, "a: h:1\nb: h:1\n");
  await rig.age(30_000);
  for (let at = 0; at < 3; at++) await rig.refresh();
  assertEquals(rig.readCount(), 2);
});

Deno.test("other files of the configuration are not read because of a token", async () => {
  await using rig = await createRig();
  await rig.refresh();
  await Deno.writeTextFile(`${rig.folder}/sources.yaml`, "half wri");
  await rig.refresh();
  assertEquals(rig.readCount(), 1);
});

Deno.test("a file that has just changed is read again, because a second change may not show in its time and size", async () => {
  await using rig = await createRig({ ageMs: 500 });
  await rig.refresh();
  await rig.refresh();
  assertEquals(rig.readCount(), 2);
});

Deno.test("calls during a check share one further check, which begins after an interval", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  await using rig = await createRig({ ageMs: 0, reload: () => promise });
  const first = rig.refresh();
  await waitUntil(() => rig.readCount() > 0);
  const others = Array.from({ length: 100 }, () => rig.refresh());
  assertEquals(new Set(others).size, 1);
  assert(others[0] !== first);
  resolve();
  await first;
  const endedMs = performance.now();
  await Promise.all(others);
  assert(performance.now() - endedMs >= 90);
  assertEquals(rig.readCount(), 2);
});

Deno.test("a check that fails does not keep the next one from running", async () => {
  const failures = [new Error("disk")];
  await using rig = await createRig({
    ageMs: 0,
    reload: () => failures.length > 0 ? Promise.reject(failures.pop()) : Promise.resolve(),
  });
  await assertRejects(() => rig.refresh(), Error, "disk");
  await rig.refresh();
  assertEquals(rig.readCount(), 2);
});

Deno.test("where a folder of token files is given, a change of one of them is read", async () => {
  await using rig = await createRig();
  let reads = 0;
  const live = { files: [rig.file], reload: () => Promise.resolve(void reads++) };
  const refresh = createTokenRefresh({ live, paths: [rig.folder] });
  await refresh();
  await Deno.writeTextFile(rig.file, "a: h:1\nb: h:1\n");
  await rig.age(30_000);
  await refresh();
  assertEquals(reads, 2);
});
