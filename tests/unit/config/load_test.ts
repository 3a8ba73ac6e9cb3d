import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Config } from "../../../src/config/config.ts";
import { loadConfig, type LoadOptions } from "../../../src/config/load.ts";
import { ConfigError, formatProblem } from "../../../src/config/problem.ts";

const env = () => undefined;

async function load(text: string, options: Partial<LoadOptions> = {}): Promise<Config> {
  return (await loadConfig({ text, env, ...options })).config;
}

async function findProblems(text: string, options: Partial<LoadOptions> = {}): Promise<string[]> {
  const error = await assertRejects(() => load(text, options), ConfigError);
  return error.problems.map(formatProblem);
}

Deno.test("loadConfig() takes the short form of a source, with a port, a display or neither", async () => {
  const { sources } = await load(`sources: { a: 10.0.0.1, b: "10.0.0.1:5999", c: "10.0.0.1:1", d: "[fd00::1]:2" }`);
  const ports = [...sources.values()].map(({ target }) => target.kind === "tcp" ? target.port : undefined);
  assertEquals(ports, [5900, 5999, 5901, 5902]);
  assertEquals(sources.get("d")?.target, { kind: "tcp", hostname: "fd00::1", port: 5902 });
});

Deno.test("loadConfig() runs the committed sources.yaml as it stands", async () => {
  const { config, files } = await loadConfig({ file: "sources.yaml", env });
  assertEquals(config.sources.get("demo")?.target, { kind: "demo" });
  assert(files[0]?.endsWith("/sources.yaml"));
});

Deno.test("loadConfig() names every problem at once, each with its place", async () => {
  const problems = await findProblems(`gateway:
  listn: 127.0.0.1
limits: { idle: 5, sessions: 0 }
sources:
  __proto__: { host: a }
  b: { host: b, prot: 1 }
  c: { host: c, password: { env: NOT_SET } }
`);
  assertEquals(problems, [
    "2:3: gateway.listn: is not a known key; did you mean listen?",
    "3:17: limits.idle: must be a duration with its unit, for example 500ms, 5s, 2m or 1h",
    "3:30: limits.sessions: must be a whole number of at least 1",
    `5:3: sources.__proto__: has a name that is not 1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit: "__proto__"`,
    "6:17: sources.b.prot: is not a known key; did you mean port?",
    "7:34: sources.c.password.env: needs the environment variable NOT_SET (or NOT_SET_FILE), which is not set",
  ]);
});
