/** The soak, for seconds. */
import { assertEquals, assertMatch } from "@std/assert";

async function runSoak(...args: string[]): Promise<{ code: number; verdict: string }> {
  const script = new URL("../soak/soak.ts", import.meta.url).pathname;
  const command = new Deno.Command(Deno.execPath(), { args: ["run", "--allow-all", "--no-check", script, ...args] });
  const { code, stdout, stderr } = await command.output();
  const [out, log] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, verdict: `${out}${log}` };
}

Deno.test({
  name: "the program passes a soak of seconds",
  // The soak reads descriptors and memory from /proc.
  ignore: Deno.build.os !== "linux",
  async fn() {
    const { code, verdict } = await runSoak("--minutes", "0.05", "--seed", "9");
    assertEquals(code, 0, verdict);
    assertMatch(verdict, /^soak passed: 0\.05 minutes, seed 9, /m);
  },
});

Deno.test("a soak with an unknown flag says how to run it", async () => {
  const { code, verdict } = await runSoak("--hours", "1");
  assertEquals(code, 2);
  assertMatch(verdict, /^Usage: deno task soak/m);
});
