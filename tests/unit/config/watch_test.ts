import { assert, assertEquals } from "@std/assert";
import { loadConfig, type LoadOptions } from "../../../src/config/load.ts";
import { LiveConfig } from "../../../src/config/live_config.ts";
import { markToken } from "../../../src/config/source_token.ts";
import { watchConfig } from "../../../src/config/watch.ts";

const POLL_MS = 20;

/** A folder with files, a live over its sources.yaml and a watcher; gone when the test ends. */
async function createRig(
  prepare: (folder: string) => Promise<Partial<LoadOptions> | void>,
) {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  const options = await prepare(folder);
  const load = () => loadConfig({ file: `${folder}/sources.yaml`, env: () => undefined, ...options });
  const live = new LiveConfig(await load(), load);
  const watcher = watchConfig(live, { settleMs: 5, pollMs: POLL_MS });
  return {
    folder,
    live,
    /** Edits, and waits until the live is as it should be. */
    async edit(change: () => Promise<unknown>, isMet: (live: LiveConfig) => boolean) {
      await change();
      await waitFor(live, isMet);
    },
    async [Symbol.asyncDispose]() {
      await watcher[Symbol.asyncDispose]();
      live[Symbol.dispose]();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** Waits for a live that satisfies the condition. */
async function waitFor(live: LiveConfig, isMet: (live: LiveConfig) => boolean): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error("the watcher did not notice within 60 s")), 60_000);
  const unsubscribe = live.subscribe(() => isMet(live) && resolve());
  try {
    if (!isMet(live)) await promise;
  } finally {
    clearTimeout(timer);
    unsubscribe();
  }
}

const writeFiles = (files: Record<string, string>) => async (folder: string) => {
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(`${folder}/${name}`, text);
};
const hasPassword = (text: string) => ({ current }: LiveConfig) =>
  current.sources.get("a")?.password?.reveal() === text;
const hasSource = (name: string) => ({ current, problems }: LiveConfig) =>
  current.sources.has(name) && problems.length === 0;
const isRefused = ({ problems }: LiveConfig) => problems.length > 0;

/** Swaps a symbolic link in one step, as Kubernetes does. */
async function swapLink(target: string, link: string): Promise<void> {
  await Deno.symlink(target, `${link}.new`);
  await Deno.rename(`${link}.new`, link);
}

Deno.test("watchConfig() notices a file written in place, a bad edit, and its repair", async () => {
  await using rig = await createRig(writeFiles({ "sources.yaml": "sources: { a: h1 }" }));
  const write = (text: string) => () => Deno.writeTextFile(`${rig.folder}/sources.yaml`, text);
  await rig.edit(write("sources: { b: h2 }"), hasSource("b"));
  await rig.edit(write("sources: { b: h2, c: "), isRefused);
  assert(rig.live.current.sources.has("b"));
  await rig.edit(write("sources: { c: h1 }"), hasSource("c"));
});

Deno.test("watchConfig() notices a file that is replaced, as editors do", async () => {
  await using rig = await createRig(writeFiles({ "sources.yaml": "sources: { a: h1 }" }));
  for (const name of ["b", "c"]) {
    await rig.edit(async () => {
      await Deno.writeTextFile(`${rig.folder}/new`, `sources: { ${name}: h1 }`);
      await Deno.rename(`${rig.folder}/new`, `${rig.folder}/sources.yaml`);
    }, hasSource(name));
  }
});

Deno.test("watchConfig() notices a swapped link, as Kubernetes does", async () => {
  await using rig = await createRig(async (folder) => {
    for (const version of ["one", "two"]) {
      await Deno.mkdir(`${folder}/..${version}`);
      await Deno.writeTextFile(`${folder}/..${version}/sources.yaml`, `sources: { ${version}: h1 }`);
    }
    await Deno.symlink("..one", `${folder}/..data`);
    await Deno.symlink("..data/sources.yaml", `${folder}/sources.yaml`);
  });
  await rig.edit(() => swapLink("..two", `${rig.folder}/..data`), hasSource("two"));
});

Deno.test("watchConfig() notices a changed secret file, and a missing one that is created", async () => {
  const nameFile = (file: string) => `sources: { a: { host: h, password: { file: ${file} } } }`;
  await using rig = await createRig(writeFiles({ "sources.yaml": nameFile("p"), p: "one\n" }));
  await rig.edit(() => Deno.writeTextFile(`${rig.folder}/p`, "two\n"), hasPassword("two"));
  await rig.edit(() => Deno.writeTextFile(`${rig.folder}/sources.yaml`, nameFile("later/q")), isRefused);
  await rig.edit(async () => {
    await Deno.mkdir(`${rig.folder}/later`);
    await Deno.writeTextFile(`${rig.folder}/later/q`, "three");
  }, hasPassword("three"));
});

Deno.test("watchConfig() notices a new file in a folder of token files", async () => {
  await using rig = await createRig(async (folder) => {
    await Deno.writeTextFile(`${folder}/sources.yaml`, "sources: {}");
    await Deno.mkdir(`${folder}/tokens`);
    return { overrides: { tokenFiles: [`${folder}/tokens`] } };
  });
  await rig.edit(() => Deno.writeTextFile(`${rig.folder}/tokens/one`, "x: h:1"), hasSource(markToken("x").name));
});

Deno.test("watchConfig() notices a change between loading and watching", async () => {
  const folder = await Deno.makeTempDir();
  const file = `${folder}/sources.yaml`;
  await Deno.writeTextFile(file, "sources: { a: h1 }");
  const load = () => loadConfig({ file, env: () => undefined });
  using live = new LiveConfig(await load(), load);
  await Deno.writeTextFile(file, "sources: { b: h1 }");
  await using _watcher = watchConfig(live, { settleMs: 5, pollMs: POLL_MS });
  await waitFor(live, hasSource("b"));
  await Deno.remove(folder, { recursive: true });
});

Deno.test("watchConfig() notices a link that is swapped in a folder that no path names", async () => {
  await using rig = await createRig(async (folder) => {
    for (const name of ["links", "one", "two"]) await Deno.mkdir(`${folder}/${name}`);
    for (const name of ["one", "two"]) await Deno.writeTextFile(`${folder}/${name}/s.yaml`, `sources: { ${name}: h1 }`);
    await Deno.symlink("../one", `${folder}/links/now`);
    await Deno.symlink("links/now/s.yaml", `${folder}/sources.yaml`);
  });
  await rig.edit(() => swapLink("../two", `${rig.folder}/links/now`), hasSource("two"));
  assertEquals([...rig.live.current.sources.keys()], ["two"]);
});
