/** What a release needs: one version of Deno, one version of Porthole, notes, workflows without more rights than needed. */
import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { parse } from "@std/yaml";
import { readNotes } from "../../.ci/release_notes.ts";
import { readProjectFile } from "../fakes/packaging.ts";

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly uses?: string;
  readonly steps?: readonly { readonly uses?: string; readonly run?: string }[];
}

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const WORKFLOWS = ["ci", "release"].map((name) => [name, `.github/workflows/${name}.yml`] as const);
const readWorkflow = (path: string) => parse(readProjectFile(path)) as Workflow;

Deno.test("the Dockerfile alone names the version of Deno, and CI takes it from there", () => {
  assertMatch(readProjectFile("Dockerfile"), /^ARG DENO_VERSION=2\.\d+\.\d+$/m);
  assertMatch(readProjectFile(".ci/deno"), /npx -y "deno@\$\(sed -n 's\/\^ARG DENO_VERSION=\/\/p' .*Dockerfile"\)"/);
  for (const path of [".ci/run", ...WORKFLOWS.map(([, path]) => path)]) {
    assertEquals(readProjectFile(path).match(/npx -y|deno@|setup-deno|deno-version/g), null, path);
  }
  assertMatch(readProjectFile(".github/renovate.json"), /ARG DENO_VERSION=/);
});

for (const [name, path] of WORKFLOWS) {
  Deno.test(`the workflow ${name} pins its actions and may only read, but where it publishes`, () => {
    const { permissions, jobs } = readWorkflow(path);
    assertEquals(permissions, { contents: "read" });
    for (const [jobName, { permissions: granted = {}, steps = [] }] of Object.entries(jobs)) {
      const written = Object.entries(granted).filter(([, right]) => right !== "read").map(([scope]) => scope);
      assertEquals(written, { image: ["packages"], release: ["contents"] }[jobName] ?? [], jobName);
      for (const { uses } of steps) if (uses !== undefined) assertMatch(uses, /@(v\d+(\.\d+)*|[0-9a-f]{40})$/);
    }
  });
}

Deno.test("a release is published only after the tests that CI runs", () => {
  const { jobs } = readWorkflow(".github/workflows/release.yml");
  assertEquals(jobs.test?.uses, "./.github/workflows/ci.yml");
  const ci = readWorkflow(".github/workflows/ci.yml");
  assertEquals(ci.jobs.test?.steps?.flatMap(({ run }) => run ?? []), [".ci/run"]);
});

Deno.test("CHANGELOG.md begins with the version of deno.json, after what is not released yet", () => {
  const { version } = JSON.parse(readProjectFile("deno.json"));
  const [, newest] = /^## (?!Unreleased$)(.*)$/m.exec(readProjectFile("CHANGELOG.md"))!;
  assertMatch(newest!, new RegExp(`^${version}, (unreleased|\\d{4}-\\d{2}-\\d{2})$`));
});

Deno.test("readNotes() gives the section of a released version, and no other", () => {
  const text =
    "# Changelog\n\n## 0.3.0, unreleased\n\n- c\n\n## 0.2.0, 2026-12-01\n\n- a\n\n### More\n\n- b\n\n## 0.1.0\n\n- z\n";
  assertEquals(readNotes(text, "0.2.0"), "- a\n\n### More\n\n- b");
  assertThrows(() => readNotes(text, "0.3.0"), Error, "no date");
  assertThrows(() => readNotes(text, "0.2"), Error, "no section");
});

Deno.test("deno.json is ready for JSR: publishing would succeed, with the pages' scripts and without tests", async () => {
  const args = ["publish", "--dry-run", "--allow-dirty", "--no-check"];
  const { code, stderr } = await new Deno.Command(Deno.execPath(), { args, env: { NO_COLOR: "1" } }).output();
  const output = new TextDecoder().decode(stderr);
  assertEquals(code, 0, output);
  for (const file of ["main.ts", "src/app.ts", "static/viewer.js", "LICENSE"]) {
    assert(output.includes(`/${file} (`), file);
  }
  assert(!/\/(tests|data|sources\.yaml|\.ci)\b.* \(/.test(output.replaceAll(Deno.cwd(), "")), output);
});
