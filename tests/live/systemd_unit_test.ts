import { assertEquals, assertMatch } from "@std/assert";
import { readProjectFile } from "../fakes/packaging.ts";
import { checkDeclared, testWith } from "./programs.ts";

/** What systemd says about a unit; an empty text means that it accepts every line. */
async function verify(unit: string): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/porthole.service`, unit);
    checkDeclared("systemd-analyze");
    const args = ["verify", "--man=no", "--recursive-errors=no", `${folder}/porthole.service`];
    const { code, stderr } = await new Deno.Command("systemd-analyze", { args }).output();
    return code === 0 ? "" : new TextDecoder().decode(stderr) || `exit code ${code}`;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

testWith(["systemd-analyze"], "systemd accepts every line of deploy/porthole.service", async () => {
  // The program is not installed where the tests run.
  const unit = readProjectFile("deploy/porthole.service").replace(/^(Exec\w+=)\S+/gm, `$1${Deno.execPath()}`);
  assertEquals(await verify(unit), "");
  assertMatch(await verify(unit.replace("ProtectClock=yes", "ProtectClocks=yes")), /Unknown key/);
});
