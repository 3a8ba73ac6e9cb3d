import { assert, assertEquals } from "@std/assert";
import type { SourceConfig } from "../../../src/config/config.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { canTakeUp } from "../../../src/config/taken_up.ts";

const BASE = { host: "192.0.2.1", password: "secret12" };

/** Every key of a source, with another value than `BASE` has, and whether open sessions go on when it changes. */
const KEYS: Record<string, [value: unknown, goOn: boolean]> = {
  host: ["192.0.2.2", false],
  port: [5901, false],
  display: [1, false],
  username: ["ada", false],
  password: ["secret13", false],
  view_only: [true, false],
  clipboard: ["in", false],
  shared: [false, false],
  tls: [{ server_name: "pi.example" }, false],
  title: ["Other", true],
  group: ["Upstairs", true],
  allow: [["ada"], true],
  view: [["bob"], true],
  clipboard_limit: ["2KiB", true],
  keepalive: ["7s", true],
  connect_timeout: ["7s", true],
  login_timeout: ["7s", true],
  look: ["off", true],
  prewarm: [1, true],
};

async function load(source: unknown): Promise<SourceConfig> {
  const { config } = await loadConfig({ text: JSON.stringify({ sources: { pi: source } }), env: () => undefined });
  return config.sources.get("pi")!;
}

for (const [key, [value, goOn]] of Object.entries(KEYS)) {
  Deno.test(`canTakeUp(): sessions ${goOn ? "go on" : "end"} when ${key} changes, and when it is taken out`, async () => {
    const [before, after] = [await load(BASE), await load({ ...BASE, [key]: value })];
    assertEquals([canTakeUp(before, after), canTakeUp(after, before)], [goOn, goOn]);
  });
}

Deno.test("canTakeUp(): sessions end on another kind of target, and go on where nothing has changed", async () => {
  const before = await load({ unix: "/run/a.vnc" });
  assert(canTakeUp(before, await load({ unix: "/run/a.vnc" })));
  assertEquals(canTakeUp(before, await load({ unix: "/run/b.vnc" })), false);
  assertEquals(canTakeUp(before, await load({ demo: true })), false);
});

Deno.test("canTakeUp(): every key of a source is decided on", async () => {
  const text = await Deno.readTextFile(new URL("../../../docs/configuration.md", import.meta.url));
  const table = text.slice(text.indexOf("The long form has these keys"), text.indexOf("### `tls` of a source"));
  const keys = [...table.matchAll(/^\| `(\w+)` /gm)].map(([, key]) => key!);
  assert(keys.length > 15);
  assertEquals(keys.filter((key) => !(key in KEYS || key === "unix" || key === "demo")), []);
});
