import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { loadConfig } from "../../src/config/load.ts";
import { ConfigError } from "../../src/config/problem.ts";
import { FLAGS } from "../../src/config/flags.ts";
import { FAILURES } from "../../src/errors.ts";

const ROOT = new URL("../../", import.meta.url);
const readme = await Deno.readTextFile(new URL("README.md", ROOT));
const env = () => "a secret of the environment";

/** What stands below a heading, up to the next one of its level or above. */
function readSection(heading: string): string {
  const level = heading.match(/^#+/)![0].length;
  const [, after = ""] = `${readme}\n`.split(`\n${heading}\n`);
  assert(after !== "", `README.md has no ${heading}`);
  return after.split(new RegExp(`\\n#{1,${level}} `))[0]!;
}

/** Hashes are left open in what people copy, so that nobody lives with a password that the README knows. */
function fillIn(sample: string): string {
  const hash = `$argon2id$v=19$m=19456,t=2,p=1$${"A".repeat(22)}$${"A".repeat(43)}`;
  return sample.replaceAll("$argon2id$…", () => hash).replaceAll("sha256:…", `sha256:${"ab".repeat(32)}`);
}

/** The keys that the schema knows at a place, from its own answer to one that it does not. */
async function listKeys(text: string): Promise<string[]> {
  const error = await loadConfig({ text, env }).catch((thrown) => thrown);
  assert(error instanceof ConfigError);
  const known = error.problems.map(({ message }) => /known are (.*)$/.exec(message)?.[1]).find((keys) => keys);
  assert(known, error.message);
  return known.split(", ");
}

const PLACES = [
  ["### `gateway`", "gateway: { zzzzzzzz: 1 }"],
  ["### `limits`", "limits: { zzzzzzzz: 1 }"],
  ["### `sources`", "sources: { a: { host: a, zzzzzzzz: 1 } }"],
  ["### `sources`", "sources: { a: { host: a, tls: { zzzzzzzz: 1 } } }"],
  ["### `auth`", "auth: { zzzzzzzz: 1 }"],
  ["### `auth`", "auth: { users: { ada: { zzzzzzzz: 1 } } }"],
  ["### `auth`", "auth: { tokens: [{ zzzzzzzz: 1 }] }"],
  ["### `auth`", "auth: { jwt: [{ zzzzzzzz: 1 }] }"],
  ["### `auth`", "auth: { oidc: { zzzzzzzz: 1 } }"],
  ["### `auth`", "auth: { proxy: { zzzzzzzz: 1 } }"],
  ["### `auth`", "auth: { proxy: { assertion: { zzzzzzzz: 1 } } }"],
  ["### `auth`", "auth: { session: { zzzzzzzz: 1 } }"],
] as const;

for (const [heading, text] of PLACES) {
  Deno.test(`README.md names every key of ${text.replace(/zzzzzzzz: 1/, "…")}`, async () => {
    const section = readSection(heading);
    const missing = (await listKeys(text)).filter((key) => !section.includes(`\`${key}\``));
    assertEquals(missing, []);
  });
}

Deno.test("README.md gives every failure its HTTP status and close code", () => {
  const section = readSection("## Close codes");
  for (const [code, { status, close }] of Object.entries(FAILURES)) {
    assertMatch(section, new RegExp(`\\| \`${code}\` +\\| ${status ?? ""} *\\| ${close ?? ""} *\\|`));
  }
});

Deno.test("README.md names every flag and its environment variable", () => {
  const section = readSection("## Command line and environment");
  for (const { name } of FLAGS) {
    assertStringIncludes(section, `--${name}`);
    if (name === "help" || name === "version") continue;
    assertStringIncludes(section, `\`PORTHOLE_${name.toUpperCase().replaceAll("-", "_")}\``);
  }
});

Deno.test("README.md names every metric", async () => {
  const section = readSection("## Operations");
  const metrics = await Deno.readTextFile(new URL("src/telemetry/metrics.ts", ROOT));
  const names = [...metrics.matchAll(/"(porthole_\w+)"/g)].map(([, name]) => name!);
  assert(names.length > 5);
  assertEquals(names.filter((name) => !section.includes(`\`${name}\``)), []);
});

Deno.test("every sources.yaml in README.md loads", async () => {
  const samples = [...readme.matchAll(/^( *)```yaml\n(.*?)^\1```$/gms)].map(([, indent, text]) =>
    text!.replaceAll(new RegExp(`^${indent}`, "gm"), "")
  );
  assert(samples.length >= 4);
  for (const text of samples) await loadConfig({ text: fillIn(text), env });
});

Deno.test("every file that the documents link to is there", async () => {
  for (const document of ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"]) {
    const text = await Deno.readTextFile(new URL(document, ROOT));
    for (const [, target = ""] of text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)) await Deno.stat(new URL(target, ROOT));
  }
});

Deno.test("every heading that README.md links to is there", () => {
  const headings = [...readme.matchAll(/^#+ (.*)$/gm)].map(([, text]) =>
    text!.toLowerCase().replaceAll(/[^\w -]/g, "").replaceAll(" ", "-")
  );
  for (const [, anchor = ""] of readme.matchAll(/\]\(#([^)]+)\)/g)) assert(headings.includes(anchor), anchor);
});
