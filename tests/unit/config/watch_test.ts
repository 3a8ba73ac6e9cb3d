import { assert, assertEquals } from "@std/assert";
import { loadConfig, type LoadOptions } from "../../../src/config/load.ts";
import { type ConfigStore, createConfigStore } from "../../../src/config/store.ts";
import { watchConfig } from "../../../src/config/watch.ts";

/** A folder with files, a store over its sources.yaml and a watcher; gone when the test ends. */
async function createRig(files: Record<string, string>, options: Partial<LoadOptions> = {}) {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${folder}/${name}`, text);
  const load = () => loadConfig({ file: `${folder}/sources.yaml`, env: () => undefined, ...options });
  const store = createConfigStore(await load(), load);
  const watcher = watchConfig(store, { settleMs: 5 });
  return {
    folder,
    store,
    async [Symbol.asyncDispose]() {
      await watcher[Symbol.asyncDispose]();
      store[Symbol.dispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** Waits for a store that satisfies the condition; polling is too slow to be what made it so. */
async function waitFor(store: ConfigStore, isMet: (store: ConfigStore) => boolean): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error("the watcher did not notice within 8 s")), 8000);
  const unsubscribe = store.subscribe(() => isMet(store) && resolve());
  try {
    if (!isMet(store)) await promise;
  } finally {
    clearTimeout(timer);
    unsubscribe();
  }
}

const hasPassword = (text: string) => (store: ConfigStore) =>
  store.current.sources.get("a")?.password?.reveal() === text;

Deno.test("watchConfig() notices a file written in place, a bad edit, and its repair", async () => {
  await using rig = await createRig({ "sources.yaml": "sources: { a: h1 }" });
  await Deno.writeTextFile(`${rig.folder}/sources.yaml`, "sources: { a: h1, b: h2 }");
  await waitFor(rig.store, ({ current }) => current.sources.has("b"));
  await Deno.writeTextFile(`${rig.folder}/sources.yaml`, "sources: { a: h1, b: ");
  await waitFor(rig.store, ({ problems }) => problems.length > 0);
  assert(rig.store.current.sources.has("b"));
  await Deno.writeTextFile(`${rig.folder}/sources.yaml`, "sources: { a: h1 }");
  await waitFor(rig.store, ({ current, problems }) => problems.length === 0 && !current.sources.has("b"));
});

Deno.test("watchConfig() notices a file that is replaced, as editors do", async () => {
  await using rig = await createRig({ "sources.yaml": "sources: { a: h1 }" });
  for (const host of ["h2", "h3"]) {
    await Deno.writeTextFile(`${rig.folder}/new`, `sources: { a: ${host} }`);
    await Deno.rename(`${rig.folder}/new`, `${rig.folder}/sources.yaml`);
    await waitFor(rig.store, ({ current }) => JSON.stringify(current.sources.get("a")).includes(host));
  }
});

Deno.test("watchConfig() notices a swapped link, as Kubernetes does", async () => {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  for (const [version, host] of [["..1", "h1"], ["..2", "h2"]]) {
    await Deno.mkdir(`${folder}/${version}`);
    await Deno.writeTextFile(`${folder}/${version}/sources.yaml`, `sources: { a: ${host} }`);
  }
  await Deno.symlink("..1", `${folder}/..data`);
  await Deno.symlink("..data/sources.yaml", `${folder}/sources.yaml`);
  await using rig = await createRig({ "sources.yaml": "sources: {}" }, { file: `${folder}/sources.yaml` });
  await Deno.symlink("..2", `${folder}/..data_new`);
  await Deno.rename(`${folder}/..data_new`, `${folder}/..data`);
  await waitFor(rig.store, ({ current }) => JSON.stringify(current.sources.get("a")).includes("h2"));
  await Deno.remove(folder, { recursive: true });
});

Deno.test("watchConfig() notices a changed secret file, and one that comes into being after it was missed", async () => {
  await using rig = await createRig({
    "sources.yaml": "sources: { a: { host: h, password: { file: p } } }",
    p: "one\n",
  });
  assert(hasPassword("one")(rig.store));
  await Deno.writeTextFile(`${rig.folder}/p`, "two\n");
  await waitFor(rig.store, hasPassword("two"));
  await Deno.writeTextFile(`${rig.folder}/sources.yaml`, "sources: { a: { host: h, password: { file: later/q } } }");
  await waitFor(rig.store, ({ problems }) => problems.length > 0);
  await Deno.mkdir(`${rig.folder}/later`);
  await Deno.writeTextFile(`${rig.folder}/later/q`, "three");
  await waitFor(rig.store, hasPassword("three"));
});

Deno.test("watchConfig() notices a new file in a folder of token files", async () => {
  const tokens = await Deno.realPath(await Deno.makeTempDir());
  await Deno.writeTextFile(`${tokens}/one`, "x: h:1");
  await using rig = await createRig({ "sources.yaml": "sources: {}" }, { overrides: { tokenFiles: [tokens] } });
  assertEquals([...rig.store.current.sources.keys()], ["x"]);
  await Deno.writeTextFile(`${tokens}/two`, "y: h:2");
  await waitFor(rig.store, ({ current }) => current.sources.has("y"));
  await Deno.remove(tokens, { recursive: true });
});

Deno.test("watchConfig() notices what changed between loading and watching", async () => {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/sources.yaml`;
  await Deno.writeTextFile(file, "sources: { a: h1 }");
  const load = () => loadConfig({ file, env: () => undefined });
  using store = createConfigStore(await load(), load);
  await Deno.writeTextFile(file, "sources: { b: h1 }");
  await using _watcher = watchConfig(store, { settleMs: 5 });
  await waitFor(store, ({ current }) => current.sources.has("b"));
  await Deno.remove(folder, { recursive: true });
});
