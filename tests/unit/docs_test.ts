/** The documentation, held against the code: keys, defaults, codes, flags, metrics, addresses, samples, links and paths. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Limits } from "../../src/config/config.ts";
import { FLAGS } from "../../src/config/flags.ts";
import { loadConfig } from "../../src/config/load.ts";
import { ConfigError } from "../../src/config/problem.ts";
import { parseDuration, parseShareOrSize, parseSize } from "../../src/config/units.ts";
import { FAILURES } from "../../src/errors.ts";
import { AUDIT_EVENTS } from "../../src/telemetry/audit.ts";
import { readWith } from "../fakes/fake_reader.ts";

const ROOT = new URL("../../", import.meta.url);
const MOST_README_LINES = 160;
const env = () => "a secret of the environment, long enough for HS256";

const read = (path: string) => Deno.readTextFileSync(new URL(path, ROOT));
const PAGES = [...Deno.readDirSync(new URL("docs/", ROOT))].map(({ name }) => name)
  .filter((name) => name.endsWith(".md")).sort().map((name) => `docs/${name}`);
const DOCUMENTS: ReadonlyMap<string, string> = new Map(
  ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", ...PAGES].map((path) => [path, read(path)]),
);

/** The text below a heading, up to the next heading of its level or above. */
function readSection(path: string, heading: string): string {
  const level = heading.match(/^#+/)![0].length;
  const [, after = ""] = `\n${DOCUMENTS.get(path)}\n`.split(`\n${heading}\n`);
  assert(after !== "", `${path} has no ${heading}`);
  return after.split(new RegExp(`\\n#{1,${level}} `))[0]!;
}

/** The cells of every table row of a text, without code marks. */
function readRows(text: string): string[][] {
  const lines = text.split("\n").filter((line) => line.startsWith("|"));
  return lines.map((line) => line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim().replaceAll("`", "")));
}

/** Hashes are left open in samples, so that nobody uses a password that the documentation shows. */
function fillIn(sample: string): string {
  const hash = `$argon2id$v=19$m=19456,t=2,p=1$${"A".repeat(22)}$${"A".repeat(43)}`;
  return sample.replaceAll("$argon2id$…", () => hash).replaceAll("sha256:…", `sha256:${"ab".repeat(32)}`);
}

/** The keys that the schema knows at a place, from its own answer to a key that it does not know. */
async function listKeys(text: string): Promise<string[]> {
  const error = await loadConfig({ text, env }).catch((thrown) => thrown);
  assert(error instanceof ConfigError);
  const known = error.problems.map(({ message }) => /known keys are (.*)$/.exec(message)?.[1]).find((keys) => keys);
  assert(known, error.message);
  return known.split(", ");
}

/** Each heading of docs/configuration.md with a text whose unknown key makes the schema list the known ones. */
const PLACES = [
  ["## The file", "zzzzzzzz: 1"],
  ["## `gateway`", "gateway: { zzzzzzzz: 1 }"],
  ["## `gateway`", "gateway: { audit: { zzzzzzzz: 1 } }"],
  ["## `gateway`", "gateway: { tls: { zzzzzzzz: 1 } }"],
  ["## `limits`", "limits: { zzzzzzzz: 1 }"],
  ["## `sources`", "sources: { a: { host: a, zzzzzzzz: 1 } }"],
  ["### `tls` of a source", "sources: { a: { host: a, tls: { zzzzzzzz: 1 } } }"],
  ["## `auth`", "auth: { zzzzzzzz: 1 }"],
  ["## `auth`", "auth: { session: { zzzzzzzz: 1 } }"],
  ["### `auth.users`", "auth: { users: { ada: { zzzzzzzz: 1 } } }"],
  ["### `auth.tokens`", "auth: { tokens: [{ zzzzzzzz: 1 }] }"],
  ["### `auth.jwt`", "auth: { jwt: [{ zzzzzzzz: 1 }] }"],
  ["### `auth.oidc`", "auth: { oidc: { zzzzzzzz: 1 } }"],
  ["### `auth.oidc`", "auth: { oidc: { claims: { zzzzzzzz: 1 } } }"],
  ["### `auth.proxy`", "auth: { proxy: { zzzzzzzz: 1 } }"],
  ["### `auth.proxy`", "auth: { proxy: { headers: { zzzzzzzz: 1 } } }"],
  ["### `auth.proxy`", "auth: { proxy: { assertion: { zzzzzzzz: 1 } } }"],
] as const;

for (const [heading, text] of PLACES) {
  Deno.test(`docs/configuration.md names every key of ${text.replace(/zzzzzzzz: 1/, "…")}`, async () => {
    const section = readSection("docs/configuration.md", heading);
    const named = (key: string) => section.includes(`\`${key}\``) || new RegExp(`^ *${key}:`, "m").test(section);
    assertEquals((await listKeys(text)).filter((key) => !named(key)), []);
  });
}

/** Which field of `Limits` a key becomes, and how its default is written. */
function readLimit(limits: Limits, key: string): unknown {
  const name = key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  const fields = new Map<string, unknown>(Object.entries(limits));
  return fields.get(name) ?? fields.get(`${name}Ms`) ?? fields.get(`${name}Bytes`);
}

Deno.test("docs/configuration.md gives every limit its default", async () => {
  const { config } = await loadConfig({ text: "sources: { a: a }", env });
  const parsers = {
    integer: Number,
    size: parseSize,
    duration: parseDuration,
    "share or size": parseShareOrSize,
  };
  const rows = readRows(readSection("docs/configuration.md", "## `limits`")).slice(2);
  assertEquals(rows.length, Object.keys(config.limits).length);
  for (const [key = "", type = "", written = ""] of rows) {
    assertEquals<unknown>(parsers[type as keyof typeof parsers](written), readLimit(config.limits, key), key);
  }
});

Deno.test("docs/configuration.md names every flag and its environment variable", () => {
  const rows = readRows(readSection("docs/configuration.md", "## Command line and environment")).slice(2);
  const documented = rows.map(([flag = "", variable]) => [/--([\w-]+)/.exec(flag)?.[1], variable]);
  const expected = FLAGS.map(({ name }) => {
    const hasVariable = name !== "help" && name !== "version";
    return [name, hasVariable ? `PORTHOLE_${name.toUpperCase().replaceAll("-", "_")}` : ""];
  });
  assertEquals(documented.toSorted(), expected.toSorted());
});

Deno.test("docs/api.md gives every failure its HTTP status, its close code and whether the page retries", () => {
  const rows = readRows(readSection("docs/api.md", "## Close codes")).slice(2);
  const documented = rows.map(([code, status, close, retry]) => [code, status, close, retry]);
  const expected = Object.entries(FAILURES).map(([code, { status, close, retry }]) => {
    return [code, `${status ?? ""}`, `${close ?? ""}`, retry && close !== null ? "yes" : ""];
  });
  assertEquals(documented.toSorted(), expected.toSorted());
});

Deno.test("docs/api.md names every address of the JSON API", () => {
  const table = read("tests/http/access_table_test.ts");
  const routes = [...table.matchAll(/^ {2}"(GET|POST|PATCH|DELETE) (\/api\/[^"]+)"/gm)]
    .map(([, method, path]) => `${method} ${path!.replace(":name", "NAME").replace(":id", "ID")}`);
  assert(routes.length > 10);
  const page = DOCUMENTS.get("docs/api.md")!;
  assertEquals(routes.filter((route) => !page.includes(route) && route !== "GET /api/openapi.json"), []);
  assert(page.includes("/api/openapi.json"));
});

Deno.test("docs/operations.md names every metric, and no other", () => {
  const named = (text: string) => [...new Set(text.match(/\bporthole_[a-z_]+\b/g))].sort();
  const inCode = named(read("src/telemetry/metrics.ts"));
  assert(inCode.length > 5);
  assertEquals(named(readSection("docs/operations.md", "## Metrics")), inCode);
});

Deno.test("docs/operations.md names every event of the audit log, and no other", () => {
  const rows = readRows(readSection("docs/operations.md", "## Audit log")).slice(2);
  assertEquals(rows.flatMap(([events = ""]) => events.split(", ")).toSorted(), AUDIT_EVENTS.toSorted());
});

for (const [path, text] of DOCUMENTS) {
  const samples = [...text.matchAll(/^( *)```yaml\n(.*?)^\1```$/gms)].map(([, indent, sample]) =>
    sample!.replaceAll(new RegExp(`^${indent}`, "gm"), "")
  );
  if (samples.length === 0) continue;
  Deno.test(`every YAML sample in ${path} loads`, async () => {
    for (const sample of samples) {
      const text = /^sources:/m.test(sample) ? sample : `${sample}\nsources: { a: a }\n`;
      const { warnings } = await loadConfig({
        text: fillIn(text),
        env,
        reader: readWith(() => "a secret of a file\n"),
      });
      assertEquals(warnings, [], sample);
    }
  });
}

/** Text in code is no link. */
function listLinks(text: string): { target: string; anchor: string }[] {
  const prose = text.replace(/^( *)```.*?^\1```$/gms, "").replace(/`[^`]*`/g, "code");
  return [...prose.matchAll(/\]\(((?!https?:)[^)#\s]*)(?:#([^)\s]+))?\)/g)]
    .map(([, target = "", anchor = ""]) => ({ target, anchor }));
}

/** Anchors of headings as GitHub makes them. */
function listAnchors(text: string): string[] {
  const prose = text.replace(/^( *)```.*?^\1```$/gms, "");
  return [...prose.matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!.toLowerCase().replaceAll(/[^\p{L}\p{N}_ -]/gu, "").replaceAll(" ", "-")
  );
}

for (const [path, text] of DOCUMENTS) {
  Deno.test(`every link in ${path} leads somewhere`, () => {
    for (const { target, anchor } of listLinks(text)) {
      const file = target === "" ? path : new URL(target, new URL(path, ROOT)).href.slice(ROOT.href.length);
      if (target !== "") Deno.statSync(new URL(file, ROOT));
      if (anchor !== "") assert(listAnchors(DOCUMENTS.get(file)!).includes(anchor), `${file}#${anchor}`);
    }
  });

  // The changelog and a table of the past name what was.
  if (path === "CHANGELOG.md") continue;
  Deno.test(`every file that ${path} names exists`, () => {
    const named = [...text.matchAll(/(?<![\w./])(?:src|tests|deploy|static|docs)\/[\w./-]*\w\/?/g)].map(([name]) =>
      name
    );
    for (const name of named) Deno.statSync(new URL(name, ROOT));
  });
}

/** What layout_test.ts lets each module import. */
function readAllowedImports(): Map<string, string[]> {
  const [, table = ""] = /const ALLOWED[^{]*\{(.*?)\n\};/s.exec(read("tests/unit/layout_test.ts")) ?? [];
  const rows = table.matchAll(/^ {2}(\w+): \[(.*)\],$/gm);
  return new Map(
    [...rows].map(([, module, list]) => [module!, [...list!.matchAll(/\w+/g)].map(([name]) => name).sort()]),
  );
}

Deno.test("docs/architecture.md says of each module what the layout test lets it import", () => {
  const documented = new Map<string, string[]>();
  for (const [module = "", , list = ""] of readRows(readSection("docs/architecture.md", "## The map"))) {
    const [, name] = /^src\/(\w+)\/$/.exec(module) ?? [];
    if (name !== undefined) documented.set(name, list === "nothing" ? [] : list.split(", ").sort());
  }
  const allowed = readAllowedImports();
  assert(allowed.size > 5);
  for (const [module, list] of allowed) assertEquals(documented.get(module), list, module);
});

Deno.test("docs/security.md names a test that exists for every threat", () => {
  const rows = readRows(readSection("docs/security.md", "## Threats and tests")).slice(2);
  assert(rows.length > 10);
  for (const [threat, , tests = ""] of rows) {
    assert(tests !== "", threat);
    for (const test of tests.split(", ")) Deno.statSync(new URL(`tests/${test}`, ROOT));
  }
});

/** All of the code, in which string pieces joined by + stand together. */
function readCode(folder = "src/"): string {
  return [...Deno.readDirSync(new URL(folder, ROOT))].map(({ name, isDirectory }) =>
    isDirectory ? readCode(`${folder}${name}/`) : read(folder + name)
  ).join("\n").replace(/["`] \+\s*["`]/g, "");
}

for (const [page, heading] of [["docs/troubleshooting.md", "# Troubleshooting"], ["README.md", "## Troubleshooting"]]) {
  Deno.test(`${page} quotes messages as the code has them`, () => {
    const code = readCode();
    const symptoms = readRows(readSection(page!, heading!)).map(([symptom = ""]) => symptom);
    const quoted = symptoms.flatMap((symptom) => [...symptom.matchAll(/"([^"]+)"/g)].map(([, text]) => text!));
    const pieces = quoted.flatMap((text) => text.split("…")).map((piece) => piece.replace(/^: | *$/g, "").trim());
    assert(pieces.length > 0);
    assertEquals(pieces.filter((piece) => !code.includes(piece)), []);
  });
}

Deno.test(`README.md has at most ${MOST_README_LINES} lines, and the commands that CI runs`, () => {
  const readme = DOCUMENTS.get("README.md")!;
  const lines = readme.trimEnd().split("\n");
  assert(lines.length <= MOST_README_LINES, `${lines.length} lines`);
  for (const command of ["npx -y deno@2 task start", "npx -y deno@2 task test"]) {
    assert(lines.includes(command), command);
  }
  for (const command of ["deno task start", "deno task test"]) assert(readme.includes(`\`${command}\``), command);
});

Deno.test("README.md links to every page of docs/ in its index", () => {
  const index = readSection("README.md", "## Documentation");
  assertEquals(PAGES.filter((page) => !index.includes(`(${page})`)), []);
});

/** A title, and a paragraph with no full stop before its end but those within words. */
const FIRST_SENTENCE = /^# .+\n\nThis page (?:[^\n.]|\n(?!\n)|\.(?=\w))*\.\n\n/;

Deno.test("every page of docs/ begins with one sentence on what it is for", () => {
  for (const page of PAGES) assertMatch(DOCUMENTS.get(page)!, FIRST_SENTENCE, page);
});
