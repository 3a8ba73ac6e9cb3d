/** The absolute addresses that the gateway gives out: share links, and what a provider is to send the browser back to. */
import { assertEquals, assertMatch } from "@std/assert";
import { startGuarded, TOKENS } from "../fakes/callers.ts";
import { startGateway } from "../fakes/gateway.ts";
import { sendRaw } from "../fakes/raw_http.ts";

const PROXIED = {
  "X-Forwarded-Proto": "https",
  "X-Forwarded-Host": "proxy.local",
  "X-Forwarded-Prefix": "/lab",
};
const PUBLIC = "public_url: https://vnc.example.net/vnc/";

const shares: [string, string, Record<string, string>, RegExp][] = [
  ["the address that the browser used", "", {}, /^http:\/\/127\.0\.0\.1:\d+\/share#/],
  [
    "what a trusted proxy tells",
    "base_path: /vnc/, trusted_proxies: [127.0.0.1]",
    PROXIED,
    /^https:\/\/proxy\.local\/lab\/vnc\/share#/,
  ],
  ["public_url", PUBLIC, {}, /^https:\/\/vnc\.example\.net\/vnc\/share#/],
  [
    "public_url, whatever a proxy tells",
    `${PUBLIC}, trusted_proxies: [127.0.0.1]`,
    PROXIED,
    /^https:\/\/vnc\.example\.net\/vnc\/share#/,
  ],
];
for (const [what, gateway, headers, expected] of shares) {
  Deno.test(`a share link begins with ${what}`, async () => {
    await using rig = await startGuarded(gateway && `gateway: { ${gateway} }`);
    const { body } = await sendRaw(rig.port, {
      method: "POST",
      path: "/api/sources/pi/links",
      headers: { Authorization: `Bearer ${TOKENS.admin}`, ...headers },
    });
    assertMatch(JSON.parse(body).url, expected);
  });
}

const returns: [string, Record<string, string>, RegExp][] = [
  ["directly, under another name than public_url's,", {}, /^http:\/\/127\.0\.0\.1:\d+\/vnc\/trust$/],
  ["through a proxy that is not trusted", PROXIED, /^https:\/\/vnc\.example\.net\/vnc\/trust$/],
  ["through a proxy that tells nothing", { Host: "vnc.example.net" }, /^https:\/\/vnc\.example\.net\/vnc\/trust$/],
];
for (const [how, headers, expected] of returns) {
  Deno.test(`a browser that came ${how} is sent back to where it came from`, async () => {
    const yaml = `auth: none\ngateway: { base_path: /vnc/, ${PUBLIC} }\nsources: { pi: 127.0.0.1:1 }\n`;
    const ca = () => ({ pem: "PEM", fingerprint256: "AB:CD" });
    await using rig = await startGateway(yaml, { about: { ca, warnings: () => [] } });
    const { body } = await sendRaw(rig.port, { path: "/vnc/trust", headers: { Accept: "text/html", ...headers } });
    assertMatch(/<p class="quiet">(http[^<]+)<\/p>/.exec(body)?.[1] ?? body, expected);
  });
}

Deno.test("the description of the API points to the root of the gateway from its own address", async () => {
  await using rig = await startGuarded("gateway: { base_path: /vnc/ }");
  const path = "/vnc/api/openapi.json";
  const { body } = await sendRaw(rig.port, { path, headers: { Authorization: `Bearer ${TOKENS.admin}` } });
  const [{ url }] = JSON.parse(body).servers;
  assertEquals(new URL(url, new URL(path, rig.origin)).pathname, "/vnc/");
});
