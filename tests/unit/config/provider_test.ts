import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { LiveConfig } from "../../../src/config/live_config.ts";
import { loadConfig, type LoadOptions } from "../../../src/config/load.ts";
import { ConfigError, formatProblem } from "../../../src/config/problem.ts";
import { mergeSources, type Provided, type SourceProvider } from "../../../src/config/provider.ts";
import { markToken } from "../../../src/config/source_token.ts";
import { watchConfig } from "../../../src/config/watch.ts";
import { readWith } from "../../fakes/fake_reader.ts";

const env = () => undefined;

function tcp(hostname: string, port = 5900) {
  return { kind: "tcp", hostname, port } as const;
}

/** A provider in memory, which counts how often it was read. */
function createMemoryProvider(hosts: Record<string, string>) {
  const listeners = new Set<() => void>();
  const provider = {
    origin: "token_file" as const,
    reads: 0,
    hosts,
    read(): Promise<Provided> {
      provider.reads++;
      const sources = new Map(Object.entries(provider.hosts).map(([name, host]) => [name, { target: tcp(host) }]));
      return Promise.resolve({ sources, problems: [], files: [] });
    },
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    change(now: Record<string, string>) {
      provider.hosts = now;
      for (const listener of listeners) listener();
    },
    listeners,
  } satisfies SourceProvider & Record<string, unknown>;
  return provider;
}

async function withTokenFile(text: string, run: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile();
  await Deno.writeTextFile(path, text);
  await run(path).finally(() => Deno.remove(path));
}

Deno.test("mergeSources() keeps the later of two sources with one name, at the position of the earlier one", () => {
  const give = (...names: string[]): Provided => ({
    sources: new Map(names.map((name) => [name, {}])),
    problems: [],
    files: [],
  });
  const merged = mergeSources([
    { origin: "file", provided: give("a", "b") },
    { origin: "token_file", provided: give("c", "a") },
  ]);
  assertEquals([...merged].map(([name, { origin }]) => [name, origin]), [
    ["a", "token_file"],
    ["b", "file"],
    ["c", "token_file"],
  ]);
});

Deno.test("loadConfig() prefers targets to the file and the file to other providers, and drops tokens with the name of a source", async () => {
  const text = "sources: { a: file, b: file, c: file }\ndefaults: { group: Lab }";
  await withTokenFile("b: token:1\nc: token:1\nx: token:1\n", async (path) => {
    const overrides = { tokenFiles: [path], targets: new Map([["c", tcp("target")]]) };
    const providers = [createMemoryProvider({ a: "added", d: "added" })];
    const { config } = await loadConfig({ text, env, overrides, providers });
    const { name: x } = markToken("x");
    const found = [...config.sources.values()].map(({ name, origin, target, group }) => {
      return [name, origin, target.kind === "tcp" && target.hostname, group];
    });
    assertEquals(found.sort(), [
      ["a", "file", "file", "Lab"],
      ["b", "file", "file", "Lab"],
      ["c", "target", "target", "Lab"],
      ["d", "token_file", "added", "Lab"],
      [x, "token_file", "token", "Lab"],
    ]);
  });
});

Deno.test("loadConfig() reports problems in the file and in token files at once, even if the file is not YAML", async () => {
  await withTokenFile("x\n", async (path) => {
    const overrides = { tokenFiles: [path, `${path}/none`] };
    const load = (text: string) => loadConfig({ text, file: "s.yaml", env, overrides });
    for (const [text, place] of [["sources: [", "s.yaml:1:11"], ["sources: 5", "s.yaml:1:10"]] as const) {
      const { problems } = await assertRejects(() => load(text), ConfigError);
      const places = problems.map(({ file, line, column }) => `${file}:${line}:${column}`);
      assertEquals([places[0], places.at(-1)], [place, `${path}/none:undefined:undefined`]);
    }
  });
});

Deno.test("loadConfig() does not read the secret of a source that a target replaces", async () => {
  const text = "sources: { a: { host: h, password: { env: MISSING } } }";
  await assertRejects(() => loadConfig({ text, env }), ConfigError, "MISSING");
  const { config } = await loadConfig({ text, env, overrides: { targets: new Map([["a", tcp("other")]]) } });
  assertEquals([config.sources.get("a")?.origin, config.sources.get("a")?.password], ["target", undefined]);
});

Deno.test("loadConfig() reads a secret of `defaults` once, and reports it once", async () => {
  let reads = 0;
  const options: LoadOptions = {
    text: "defaults: { password: { file: p } }\nsources: { a: h, b: h, c: { host: h, password: own } }",
    env,
    reader: readWith(() => {
      reads++;
      return "shared";
    }),
  };
  const { config } = await loadConfig(options);
  assertEquals([...config.sources.values()].map(({ password }) => password?.reveal()), ["shared", "shared", "own"]);
  assertEquals(reads, 1);
  const text = "defaults: { password: { env: MISSING } }\nsources: { a: h, b: h }";
  const { problems } = await assertRejects(() => loadConfig({ text, env }), ConfigError);
  assertEquals(problems.map(formatProblem), [
    "1:30: defaults.password.env: needs the environment variable MISSING (or MISSING_FILE), which is not set",
  ]);
});

Deno.test("a change that a provider reports causes one reload, and other sources keep their identity", async () => {
  const provider = createMemoryProvider({ b: "first" });
  const load = () => loadConfig({ text: "sources: { a: h }", env, providers: [provider] });
  using live = new LiveConfig(await load(), load);
  const { a } = Object.fromEntries(live.current.sources);
  const watcher = watchConfig(live, { providers: [provider] });
  const swapped = Promise.withResolvers<void>();
  const names: string[][] = [];
  live.subscribe((event) => {
    if (event.kind === "swapped") names.push([...event.added], [...event.changed]);
    swapped.resolve();
  });
  provider.change({ b: "second", c: "new" });
  provider.change({ b: "second", c: "newer" });
  provider.change({ b: "second", c: "newest" });
  await swapped.promise;
  await live.reload();
  assertEquals(names, [["c"], ["b"]]);
  assertStrictEquals(live.current.sources.get("a"), a);
  assertEquals(live.current.sources.get("c")?.target, tcp("newest"));
  await watcher[Symbol.asyncDispose]();
  assertEquals(provider.listeners.size, 0, "the watcher unsubscribed");
  assert(provider.reads <= 6, `${provider.reads} reads`);
});
