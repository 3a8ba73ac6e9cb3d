import { assertEquals, assertMatch, assertNotMatch, assertStringIncludes } from "@std/assert";
import { startGateway } from "../fakes/gateway.ts";

const writeYaml = (proxies: string) => `
gateway: { trusted_proxies: [${proxies}] }
auth: { proxy: { headers: { user: X-Forwarded-User, groups: X-Forwarded-Groups } } }
sources:
  open: { host: 127.0.0.1, port: 1, title: For all }
  locked: { host: 127.0.0.1, port: 1, title: For admins, allow: ["group:admins"] }
`;

const ADA = { "x-forwarded-user": "ada", "x-forwarded-groups": "makers,admins" };

async function visit(address: string, headers: Record<string, string>) {
  const response = await fetch(address, { headers: { accept: "text/html", ...headers } });
  return { status: response.status, text: await response.text() };
}

Deno.test("a user that a trusted proxy names is signed in, without a cookie of the gateway", async () => {
  await using gateway = await startGateway(writeYaml("127.0.0.1"));
  const dashboard = await visit(gateway.origin, ADA);
  assertEquals(dashboard.status, 200);
  assertStringIncludes(dashboard.text, "Signed in as ada");
  assertStringIncludes(dashboard.text, "For admins");
  const other = await visit(gateway.origin, { "x-forwarded-user": "eve" });
  assertNotMatch(other.text, /For admins/);
  assertEquals((await visit(gateway.origin, {})).status, 401);
});

Deno.test("the same headers from anyone else are ignored, and logged once", async () => {
  await using gateway = await startGateway(writeYaml("10.0.0.0/8"));
  for (const path of ["/", "/site/vnc/open", "/api/sources"]) {
    assertEquals((await visit(gateway.origin + path, ADA)).status, 401, path);
  }
  const told = gateway.lines.filter(({ message }) => /only a trusted proxy may send/.test(String(message)));
  assertEquals(told.map(({ level, header, from }) => [level, header, from]), [
    ["warn", "x-forwarded-user", "127.0.0.1"],
  ]);
});

Deno.test("a user of a proxy needs the page's own Origin for unsafe requests", async () => {
  await using gateway = await startGateway(writeYaml("127.0.0.1"));
  const address = `${gateway.origin}/api/sources/open/links`;
  for (const origin of [{}, { origin: "https://evil.example" }]) {
    const response = await fetch(address, { method: "POST", headers: { ...ADA, ...origin }, body: "{}" });
    assertMatch(await response.text(), /origin/i);
    assertEquals(response.status, 403);
  }
});
