import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { exampleYaml } from "../../../src/config/init.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { ConfigError } from "../../../src/config/problem.ts";
import { readYaml } from "../../../src/config/yaml_document.ts";
import { readWith } from "../../fakes/fake_reader.ts";

/** The example with every commented setting switched on. */
function switchOn(example: string): string {
  return example.replaceAll(/^( *)# (?= *(- )?[a-z]\w*:( |$))/gm, "$1");
}

const ALL = switchOn(exampleYaml());

const UNKNOWN = "zzzzzzzz";

/** The keys that the schema knows at a place, from its own answer to one that it does not know. */
async function listKeys(wrap: (inner: unknown) => unknown): Promise<string[] | undefined> {
  const text = JSON.stringify(wrap({ [UNKNOWN]: 1 }));
  const error = await loadConfig({ text, env: () => undefined }).catch((thrown) => thrown);
  assert(error instanceof ConfigError, text);
  const problem = error.problems.find(({ path }) => path.endsWith(`.${UNKNOWN}`) || path === UNKNOWN);
  return /known keys are (.*)$/.exec(problem?.message ?? "")?.[1]?.split(", ");
}

/** Every key of the schema as a path; `*` is any name or any item of a list. */
async function listPaths(path: string, wrap: (inner: unknown) => unknown): Promise<string[]> {
  const forms: [string, (inner: unknown) => unknown][] = [
    ["", wrap],
    [".*", (inner) => wrap({ a: inner })],
    [".*", (inner) => wrap([inner])],
  ];
  for (const [suffix, form] of forms) {
    const keys = await listKeys(form);
    if (keys === undefined) continue;
    const below = keys.map((key) => listPaths(`${path}${suffix}.${key}`, (inner) => form({ [key]: inner })));
    return [...path === "" ? [] : [path], ...(await Promise.all(below)).flat()];
  }
  return [path];
}

/** The paths in a document; `*` is one of the names, or any item of a list. */
function collectPaths(value: unknown, path: string, known: ReadonlySet<string>): string[] {
  if (typeof value !== "object" || value === null) return [path];
  return [
    path,
    ...Object.entries(value).flatMap(([key, part]) => {
      const isName = Array.isArray(value) || !known.has(`${path}.${key}`);
      return collectPaths(part, `${path}.${isName ? "*" : key}`, known);
    }),
  ];
}

Deno.test("exampleYaml() names every key that the schema knows", async () => {
  const schema = await listPaths("", (inner) => inner);
  for (const path of [".gateway.audit.token", ".auth.users.*.totp", ".auth.jwt.*.public_key", ".sources.*.tls.ca"]) {
    assert(schema.includes(path), `the test does not find ${path} in the schema`);
  }
  const example = new Set(collectPaths(readYaml(ALL).value, "", new Set(schema)));
  const missing = schema.filter((path) => !example.has(path));
  assertEquals(missing.filter((path) => !path.startsWith(".defaults.")), [".gateway.tls.cert", ".gateway.tls.key"]);
  assertStringIncludes(exampleYaml(), "or { cert: FILE, key: FILE }");
  const ofSources = missing.filter((path) => path.startsWith(".defaults."));
  assertEquals(ofSources.filter((path) => !example.has(path.replace(".defaults.", ".sources.*."))), []);
});

Deno.test("exampleYaml() loads unchanged with only the demo, and with every setting uncommented", async () => {
  const { config } = await loadConfig({ text: exampleYaml(), env: () => undefined });
  assertEquals([...config.sources.keys()], ["demo"]);
  const text = ALL.replaceAll("sha256:…", "ab".repeat(32))
    .replace("$argon2id$…", () => `$argon2id$v=19$m=19456,t=2,p=1$${"A".repeat(22)}$${"A".repeat(43)}`);
  const pem = "-----BEGIN CERTIFICATE----- -----BEGIN PUBLIC KEY-----";
  const all = await loadConfig({
    text,
    reader: readWith(() => pem),
    env: (name) => name.endsWith("_FILE") ? undefined : "x".repeat(32),
  });
  assertEquals([...all.config.sources.keys()], ["demo", "pi", "nas", "workshop", "television", "vm7"]);
  assertEquals([all.config.auth.mode, all.config.gateway.audit?.token?.reveal()], ["methods", "x".repeat(32)]);
});

Deno.test("exampleYaml() shows the limits with their defaults", async () => {
  const limits = ALL.slice(ALL.indexOf("\nlimits:"));
  const lines = [...limits.matchAll(/^ +([a-z_]+): (\S+) .*default: (\S+)$/gm)];
  assertEquals(lines.map(([, key, value]) => [key, value]), lines.map(([, key, , standard]) => [key, standard]));
  const text = "sources: { a: h }\n";
  const standard = await loadConfig({ text, env: () => undefined });
  const shown = await loadConfig({ text: `${text}${limits}`, env: () => undefined });
  assertEquals(shown.config.limits, standard.config.limits);
  assertEquals(lines.length, Object.keys(standard.config.limits).length);
});

Deno.test("exampleYaml() has lines of at most 120 characters", () => {
  assertEquals(exampleYaml().split("\n").filter((line) => line.length > 120), []);
});
