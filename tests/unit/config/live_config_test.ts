import { assert, assertEquals, assertNotEquals, assertStrictEquals } from "@std/assert";
import type { Overrides } from "../../../src/config/overrides.ts";
import { isOpenToAll } from "../../../src/config/exposure.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { type ConfigEvent, LiveConfig } from "../../../src/config/live_config.ts";

/** A live configuration over a text that the test edits, with the events that it gave. */
async function createRig(text: string, overrides: Overrides = {}) {
  const file = { text, variables: { A: "first" } as Record<string, string> };
  const load = () => loadConfig({ text: file.text, file: "s.yaml", overrides, env: (name) => file.variables[name] });
  const live = new LiveConfig(await load(), load);
  const events: ConfigEvent[] = [];
  live.subscribe((event) => events.push(event));
  return { live, events, file, [Symbol.dispose]: () => live[Symbol.dispose]() };
}

Deno.test("LiveConfig swaps one reference, and sources that did not change keep their identity", async () => {
  using rig = await createRig("sources: { a: h1, b: h2, c: h3 }");
  const before = rig.live.current;
  rig.file.text = "sources: { a: h1, b: { host: other }, d: h4 }";
  await rig.live.reload();
  const [event] = rig.events;
  assert(event?.kind === "swapped");
  assertEquals([event.added, event.removed, event.changed, event.restart], [["d"], ["c"], ["b"], []]);
  assertNotEquals(rig.live.current, before);
  assertStrictEquals(rig.live.current.sources.get("a"), before.sources.get("a"));
  assertStrictEquals(rig.live.current.limits, before.limits);
  assertStrictEquals(rig.live.current.gateway, before.gateway);
  assert(Object.isFrozen(rig.live.current));
});

Deno.test("LiveConfig keeps the old configuration and reports problems when the new one is invalid", async () => {
  using rig = await createRig("sources: { a: h1 }");
  const before = rig.live.current;
  rig.file.text = "sources: { a: h1, b: [ }";
  await rig.live.reload();
  assertStrictEquals(rig.live.current, before);
  assert(rig.live.problems.length > 0);
  assertEquals(rig.live.problems[0]?.file, "s.yaml");
  await rig.live.reload();
  assertEquals(rig.events.map(({ kind }) => kind), ["refused"], "the same problem is told once");
});

Deno.test("LiveConfig reports that a mistake was undone, even if nothing else changed", async () => {
  using rig = await createRig("sources: { a: h1 }");
  const before = rig.live.current;
  rig.file.text = "sources: 5";
  await rig.live.reload();
  rig.file.text = "sources: { a: h1 }  # as it was";
  await rig.live.reload();
  assertEquals(rig.events.map(({ kind }) => kind), ["refused", "swapped"]);
  assertEquals(rig.live.problems, []);
  assertStrictEquals(rig.live.current, before);
});

Deno.test("LiveConfig emits no event when nothing changed", async () => {
  using rig = await createRig("sources: { a: { host: h1, password: { env: A }, allow: [x] } }");
  await rig.live.reload();
  assertEquals(rig.events, []);
});

Deno.test("LiveConfig notices a changed secret", async () => {
  using rig = await createRig("sources: { a: { host: h1, password: { env: A } }, b: h2 }");
  rig.file.variables["A"] = "second";
  await rig.live.reload();
  const [event] = rig.events;
  assert(event?.kind === "swapped");
  assertEquals(event.changed, ["a"]);
  assertEquals(rig.live.current.sources.get("a")?.password?.reveal(), "second");
});

Deno.test("LiveConfig keeps settings that need a restart, and says so", async () => {
  using rig = await createRig("sources: { a: h1 }");
  rig.file.text =
    "gateway: { listen: 127.0.0.1:9000, tls: none, data: elsewhere, trusted_proxies: [10.0.0.0/8] }\nsources: { a: h1 }";
  await rig.live.reload();
  const { gateway } = rig.live.current;
  assertEquals([gateway.listen, gateway.tls], [{ kind: "tcp", hostname: "127.0.0.1", port: 8443 }, { mode: "auto" }]);
  assertEquals(gateway.trustedProxies, ["10.0.0.0/8"]);
  assertEquals(rig.live.restart.map((sentence) => sentence.split(" ")[0]), [
    "gateway.listen",
    "gateway.tls",
    "gateway.data",
  ]);
  rig.file.text = "sources: { a: h1 }";
  await rig.live.reload();
  assertEquals(rig.live.restart, []);
});

Deno.test("LiveConfig requires sign-in at once when `auth: none` is removed", async () => {
  using rig = await createRig("gateway: { listen: 0.0.0.0:8443 }\nauth: none\nsources: { a: h1 }");
  rig.file.text = "gateway: { listen: 127.0.0.1 }\nsources: { a: h1 }";
  await rig.live.reload();
  const { auth, gateway } = rig.live.current;
  assertEquals([auth.mode, isOpenToAll(gateway, auth)], ["unset", false]);
});

Deno.test("LiveConfig reads again for a call during a reload", async () => {
  using rig = await createRig("sources: { a: h1 }");
  rig.file.text = "sources: { a: h2 }";
  const first = rig.live.reload();
  rig.file.text = "sources: { a: h3 }";
  const second = rig.live.reload();
  assertStrictEquals(rig.live.reload(), second);
  await Promise.all([first, second]);
  assertEquals(rig.live.current.sources.get("a")?.target, { kind: "tcp", hostname: "h3", port: 5900 });
});

Deno.test("LiveConfig does not call a listener that has unsubscribed", async () => {
  using rig = await createRig("sources: { a: h1 }");
  let calls = 0;
  const unsubscribe = rig.live.subscribe(() => calls++);
  unsubscribe();
  rig.file.text = "sources: { a: h2 }";
  await rig.live.reload();
  assertEquals([calls, rig.events.length], [0, 1]);
});
