/** Configurations far larger than usual: loading them must not show in open sessions. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { LiveConfig } from "../../src/config/live_config.ts";
import { loadConfig } from "../../src/config/load.ts";
import { ConfigError } from "../../src/config/problem.ts";
import { measurePause } from "../fakes/measure_pause.ts";

function writeSources(count: number, write: (index: number) => string): string {
  const lines = Array.from({ length: count }, (_, index) => `  s${index}: ${write(index)}\n`);
  return `auth: none\nsources:\n${lines.join("")}`;
}

const load = (text: string) => loadConfig({ text, env: () => undefined });

/** A pause that is a part of the work this small comes from slices, however slow the machine is. */
function assertGaveWay({ longestMs, totalMs }: { longestMs: number; totalMs: number }): void {
  assert(longestMs < totalMs / 3, `it kept others waiting for ${longestMs} of ${totalMs} ms`);
}

Deno.test("10,000 sources are loaded, and loaded again, without keeping sessions waiting", async () => {
  const first = await load(writeSources(10_000, () => "10.0.0.1:5900"));
  const text = writeSources(10_000, (index) => index % 2 ? "10.0.0.1:5900" : "10.0.0.2:5900");
  using live = new LiveConfig(first, () => load(text));
  let changed: readonly string[] = [];
  live.subscribe((event) => changed = event.kind === "swapped" ? event.changed : []);
  assertGaveWay(await measurePause(() => live.reload()));
  assertEquals(changed.length, 5_000);
});

const WRONG: Record<string, (index: number) => string> = {
  "with an unknown key": () => "{ hosst: a, port: x }",
  "with a wrong address": () => `"a b"`,
  "with a secret that is not there": (index) => `{ host: a, password: { env: NO_${index} } }`,
  "that are not YAML": () => `"\\q"`,
  "with a key twice": () => "{ host: a, host: b }",
};

for (const [kind, write] of Object.entries(WRONG)) {
  Deno.test(`2,000 sources ${kind} are refused without keeping sessions waiting, and the first are named`, async () => {
    const text = writeSources(2_000, write);
    const pause = await measurePause(async () => {
      const { problems } = await assertRejects(() => load(text), ConfigError);
      assert(problems.length > 1 && problems.length <= 101, `${problems.length} problems`);
      assertEquals(problems[0]?.line, 3);
    });
    assertGaveWay(pause);
  });
}
