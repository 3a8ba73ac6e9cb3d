import { assert, assertEquals, assertMatch } from "@std/assert";
import { readEntrypoint, readExecStart, readProjectFile, readTask } from "../fakes/packaging.ts";

/** Permissions that a package limits to its own folders. */
const NARROWED = new Set(["--allow-read", "--allow-write"]);

function permissionsOf(words: readonly string[]): Map<string, string | undefined> {
  const flags = words.filter((word) => word.startsWith("-A") || /^--(allow|deny)-/.test(word));
  return new Map(flags.map((flag) => [flag.split("=", 1)[0]!, flag.split("=", 2)[1]] as const));
}

const task = permissionsOf(readTask("start"));

Deno.test("the task start has named permissions only", () => {
  assertEquals([...task.keys()].sort(), ["--allow-env", "--allow-net", "--allow-read", "--allow-sys", "--allow-write"]);
  assert(task.get("--allow-sys"));
});

for (const [place, words] of [["container", readEntrypoint()], ["systemd unit", readExecStart()]] as const) {
  Deno.test(`the ${place} gives the same permissions as the task start, limited to its own folders`, () => {
    const given = permissionsOf(words);
    assertEquals([...given.keys()].sort(), [...task.keys()].sort());
    for (const [flag, value] of given) {
      if (!NARROWED.has(flag)) assertEquals(value, task.get(flag), flag);
      else assert(value?.split(",").every((folder) => /^\/\w/.test(folder)), `${flag}=${value}`);
    }
  });
}

Deno.test("the container starts with its command porthole, which gives way to deno", () => {
  const dockerfile = readProjectFile("Dockerfile");
  assertMatch(dockerfile, /^ENTRYPOINT \["porthole"\]$/m);
  assertMatch(dockerfile, /^COPY --chmod=0755 deploy\/porthole\.sh \/usr\/local\/bin\/porthole$/m);
  assertMatch(dockerfile, /^ENV .*PORTHOLE_COMMAND=porthole$/m);
  assertEquals(readEntrypoint().slice(0, 2), ["deno", "run"]);
});

Deno.test("the Dockerfile copies every member of the workspace, and .dockerignore includes it", () => {
  const copied = readProjectFile("Dockerfile").matchAll(/^COPY (?!--from)(?:--\S+ )?(.*) \S+$/gm).flatMap(([, paths]) =>
    paths!.split(" ")
  ).toArray();
  const letIn = readProjectFile(".dockerignore").split("\n").filter((line) => line.startsWith("!"));
  assertEquals(letIn.map((line) => line.slice(1)).sort(), copied.sort());
  for (const member of JSON.parse(readProjectFile("deno.json")).workspace) {
    const path = member.replace("./", "");
    assert(copied.some((one) => `${path}/deno.json`.startsWith(one)), `${path} is not copied`);
  }
});
