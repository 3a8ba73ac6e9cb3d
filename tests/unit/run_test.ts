import { assert, assertEquals, assertRejects } from "@std/assert";
import { readProjectFile } from "../fakes/packaging.ts";
import { PACKAGES, Program, runProgram, testWith } from "../live/programs.ts";
import { describeLeftOut, listLeftOut, sumUp } from "../run.ts";

/** What deno writes for the file of a test; the second and third are left out. */
async function runForReport(): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    const text = [
      "Deno.test('runs', () => {});",
      "Deno.test({ name: 'drives \"Xvnc\" & xterm [needs Xvnc, xterm]', ignore: true, fn() {} });",
      "Deno.test({ name: 'is off', ignore: true, fn() {} });",
    ];
    await Deno.writeTextFile(`${folder}/a_test.ts`, text.join("\n"));
    const args = ["test", "--no-config", "--no-check", `--junit-path=${folder}/report.xml`, `${folder}/a_test.ts`];
    await new Deno.Command(Deno.execPath(), { args }).output();
    return await Deno.readTextFile(`${folder}/report.xml`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("what deno test left out is listed with what it needs", async () => {
  assertEquals(listLeftOut(await runForReport()), [
    { name: 'drives "Xvnc" & xterm', needs: ["Xvnc", "xterm"] },
    { name: "is off", needs: [] },
  ]);
});

Deno.test("describeLeftOut() names every test and the packages to install, once", () => {
  const leftOut = [
    { name: "a", needs: ["Xvnc", "vncpasswd"] },
    { name: "b", needs: ["Xvnc", "root (to run sway as another user)"] },
  ];
  assertEquals(describeLeftOut(leftOut).split("\n"), [
    "2 tests were left out:",
    "  a: needs Xvnc, vncpasswd",
    "  b: needs Xvnc, root (to run sway as another user)",
    "On Debian or Ubuntu: apt-get install tigervnc-standalone-server tigervnc-tools",
    "Also needed: root (to run sway as another user)",
  ]);
  assertEquals(describeLeftOut([]), "No test was left out.");
});

Deno.test("sumUp() adds what the processes came to, in colour or not", () => {
  const first = "a ... ok\nok | 1683 passed (5 steps) | 0 failed (1m2s)\n";
  const second =
    "\x1b[0m\x1b[32mok\x1b[0m | 7 passed (1 step) | 0 failed | 3 ignored | 2 filtered out \x1b[38;5;245m(4s)\x1b[0m";
  assertEquals(sumUp([first, second], true), "ok | 1690 passed (6 steps) | 0 failed | 3 ignored | 2 filtered out");
  const failed = "FAILED | 1 passed | 2 failed (1 step) | 1 ignored (4 steps) (90ms)\n\nerror: Test failed\n";
  assertEquals(
    sumUp([first, failed], false),
    "FAILED | 1684 passed (5 steps) | 2 failed (1 step) | 1 ignored (4 steps)",
  );
  assertEquals(sumUp(["error: Type checking failed."], false), "FAILED | 0 passed | 0 failed");
});

Deno.test(".ci/run installs every package that a test needs", () => {
  const [, listed = ""] = /^PACKAGES=\(\n(.*?)^\)/ms.exec(readProjectFile(".ci/run"))!;
  const installed = new Set(listed.replaceAll(/#.*$/gm, "").split(/\s+/));
  assert(installed.size > 20);
  assertEquals(Object.values(PACKAGES).filter((name) => !installed.has(name)), []);
});

Deno.test("a test that starts a program which it does not name fails where the program is installed, too", async () => {
  assertEquals((await runProgram(Deno.execPath(), { args: ["--version"] })).startsWith("deno "), true);
  await assertRejects(() => runProgram("env"), Error, "This test starts env: name it in testWith()");
  await assertRejects(() => Program.start("env"), Error, "name it in testWith()");
});

testWith(["env"], "a test may start the programs that it names", async () => {
  assert((await runProgram("env", { env: { NAMED: "yes" } })).includes("NAMED=yes"));
});
