/** Files that are something else, never end, or never answer. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { waitUntil } from "../fakes/wait_until.ts";
import { runProgram, testWith } from "../live/programs.ts";
import { Place, type Porthole } from "../process/porthole.ts";

const PLAIN = "gateway: { listen: '127.0.0.1:0', tls: none }\nauth: none\n";
const DEMO = "demo: { demo: true }";
const nameSecret = (file: string) =>
  `${PLAIN}sources: { ${DEMO}, a: { host: localhost, password: { file: ${file} } } }\n`;

/** A mount that does not answer: what asks for it waits for ever. */
const DEAD_MOUNT = `
const { stat, realPath } = Deno;
const isDead = (path) => String(path).includes("/dead/");
Deno.stat = (path) => isDead(path) ? new Promise(() => {}) : stat(path);
Deno.realPath = (path) => isDead(path) ? new Promise(() => {}) : realPath(path);
`;

async function stop(porthole: Porthole): Promise<void> {
  porthole.signal("SIGTERM");
  assertEquals((await porthole.ended).code, 0);
}

async function readSources(url: URL): Promise<string[]> {
  const sources: { name: string }[] = await (await fetch(new URL("api/sources", url))).json();
  return sources.map(({ name }) => name);
}

Deno.test("a secret on a mount that does not answer is named, and holds up neither edits nor SIGTERM", async () => {
  await using place = await Place.make(`${PLAIN}sources: { ${DEMO} }\n`);
  await Deno.writeTextFile(`${place.folder}/dead.ts`, DEAD_MOUNT);
  const porthole = await place.serve([], { preload: "./dead.ts" });
  await place.edit(nameSecret("dead/secret"));
  await porthole.waitFor("stderr", /cannot read dead\/secret: it does not answer; check its disk or network mount/);
  await place.edit(`${PLAIN}sources: { ${DEMO}, other: { demo: true } }\n`);
  await porthole.waitFor("stderr", /Configuration changed/);
  assertEquals(await readSources(porthole.url), ["demo", "other"]);
  await place.edit(nameSecret("dead/another"));
  await porthole.waitFor("stderr", /cannot read dead\/another: it does not answer/);
  await stop(porthole);
});

Deno.test("a file without an end is refused as a configuration, at the start and later", async () => {
  await using place = await Place.make();
  await Deno.symlink("/dev/zero", place.file);
  const { code, stderr } = await place.run(["start"]);
  assertEquals(code, 1);
  assertStringIncludes(stderr, "cannot be read: it is a device, not a file");
  await Deno.remove(place.file);
  await place.edit(`${PLAIN}sources: { ${DEMO} }\n`);
  const porthole = await place.serve();
  await Deno.symlink("/dev/zero", `${place.file}.new`);
  await Deno.rename(`${place.file}.new`, place.file);
  await porthole.waitFor("stderr", /cannot be read: it is a device, not a file/);
  assertEquals(await readSources(porthole.url), ["demo"]);
  await stop(porthole);
});

testWith(
  ["mkfifo"],
  "named pipes in the place of a secret, beside it and as the audit log keep nothing waiting",
  async () => {
    await using place = await Place.make();
    await Deno.writeTextFile(`${place.folder}/secret`, "one");
    await Deno.mkdir(`${place.folder}/data`);
    await runProgram("mkfifo", { args: [`${place.folder}/data/audit.log`] });
    await place.edit(nameSecret("secret"));
    const porthole = await place.serve();
    await Deno.remove(`${place.folder}/secret`);
    await runProgram("mkfifo", { args: [`${place.folder}/secret`, `${place.folder}/beside`] });
    await porthole.waitFor("stderr", /cannot read secret: it is a named pipe, not a file/);
    await porthole.waitFor("stderr", /Cannot write the audit log; trying again cause="it is a named pipe, not a file"/);
    const readProblems = async () => await (await fetch(new URL("readyz", porthole.url))).text();
    await waitUntil(async () => (await readProblems()).includes("The audit log cannot be written"));
    await Deno.remove(`${place.folder}/secret`);
    await Deno.writeTextFile(`${place.folder}/secret`, "two");
    await porthole.waitFor("stderr", /Configuration changed .*changed=a/);
    await stop(porthole);
  },
);
