/** What every response says to the browser, refusals included. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { startGateway } from "../fakes/gateway.ts";
import { sendRaw, UPGRADE } from "../fakes/raw_http.ts";

const YAML = "auth: none\nsources: { pi: { host: 127.0.0.1, port: 1 } }\n";
const FOREIGN = { Host: "attacker.example" };

const requests: readonly [what: string, path: string, status: number, headers?: Record<string, string>][] = [
  ["a page", "/", 200],
  ["an unknown path", "/nothing", 404],
  ["a file that is not there", "/static/nothing.js", 404],
  ["the API", "/api/sources", 200],
  ["a WebSocket route without an upgrade", "/ws/vnc/pi", 426],
  ["an unknown source's WebSocket route", "/ws/vnc/nobody", 404, UPGRADE],
  ["websockify's route without an upgrade", "/websockify", 426],
  ["a WebSocket route under a foreign name", "/ws/vnc/pi", 403, { ...UPGRADE, ...FOREIGN }],
  ["a page under a foreign name", "/", 403, FOREIGN],
  ["an upgrade from a foreign page", "/ws/vnc/pi", 403, { ...UPGRADE, Origin: "https://attacker.example" }],
  ["a Host that is none", "/", 400, { Host: "a b" }],
];

for (const [what, path, expected, more = {}] of requests) {
  Deno.test(`${what} has the security headers and stays out of caches`, async () => {
    await using gateway = await startGateway(YAML);
    const own = { Host: `127.0.0.1:${gateway.port}` };
    const { status, headers } = await sendRaw(gateway.port, { path, headers: { ...own, ...more } });
    assertEquals(status, expected);
    assertStringIncludes(headers.get("content-security-policy") ?? "", "default-src 'none'");
    assertEquals([headers.get("x-content-type-options"), headers.get("x-frame-options")], ["nosniff", "DENY"]);
    assertEquals([headers.get("referrer-policy"), headers.get("cache-control")], ["no-referrer", "no-store"]);
  });
}
