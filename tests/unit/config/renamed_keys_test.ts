import { assertEquals, assertRejects } from "@std/assert";
import { loadConfig } from "../../../src/config/load.ts";
import { ConfigError, formatProblem } from "../../../src/config/problem.ts";

const env = () => undefined;

Deno.test("loadConfig() accepts the old name of a key and warns with its place", async () => {
  const text = `gateway:
  trust_proxies: [10.0.0.0/8]
limits: { per_viewer: 3, per_person: 4 }
sources: {}
`;
  const { config, warnings } = await loadConfig({ text, env });
  assertEquals(config.gateway.trustedProxies, ["10.0.0.0/8"]);
  assertEquals([config.limits.perAddress, config.limits.perUser], [3, 4]);
  assertEquals(warnings.map(formatProblem), [
    "2:3: gateway.trust_proxies: was renamed to trusted_proxies; the next release will refuse the old name",
    "3:11: limits.per_viewer: was renamed to per_address; the next release will refuse the old name",
    "3:26: limits.per_person: was renamed to per_user; the next release will refuse the old name",
  ]);
});

Deno.test("loadConfig() places a mistake under the old name of a key", async () => {
  const text = "limits: { per_viewer: none }\nsources: {}\n";
  const error = await assertRejects(() => loadConfig({ text, env }), ConfigError);
  assertEquals(error.message, "1:23: limits.per_viewer: must be a whole number of at least 1");
});

Deno.test("loadConfig() refuses an old name together with the new one, and does not warn without old names", async () => {
  const text = "limits: { per_viewer: 3, per_address: 4 }\nsources: {}\n";
  const error = await assertRejects(() => loadConfig({ text, env }), ConfigError);
  assertEquals(error.message, "1:11: limits.per_viewer: is the old name of per_address; remove it");
  assertEquals((await loadConfig({ text: "sources: {}\n", env })).warnings, []);
});
