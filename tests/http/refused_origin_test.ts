/** What the administrator learns of a refused Origin or Host, and what its sender does not. */
import { assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { ADMIN, startGuarded } from "../fakes/callers.ts";
import { sendRaw, UPGRADE } from "../fakes/raw_http.ts";

Deno.test("public_url is an own origin, although no proxy header tells it", async () => {
  await using rig = await startGuarded("gateway: { public_url: https://vnc.example.net:18721/ }");
  const upgrade = async (host: string, origin: string) =>
    (await sendRaw(rig.port, { path: "/ws/vnc/pi", headers: { ...UPGRADE, ...ADMIN, Host: host, Origin: origin } }))
      .status;
  assertEquals(await upgrade("vnc.example.net:18721", "https://vnc.example.net:18721"), 101);
  assertEquals(await upgrade(`127.0.0.1:${rig.port}`, "https://vnc.example.net:18721"), 101);
  assertEquals(await upgrade(`127.0.0.1:${rig.port}`, rig.origin), 101);
  assertEquals(await upgrade("vnc.example.net:18721", "https://vnc.example.net"), 403);
});

Deno.test("a refused Origin and Host are in the log once a minute and in the audit log, and not in the answer", async () => {
  await using rig = await startGuarded();
  const Origin = 'https://evil.example"\u00a0x';
  for (const path of ["/ws/vnc/pi", "/ws/vnc/pi", "/ws/vnc/desk"]) {
    const { status, body } = await sendRaw(rig.port, {
      path,
      headers: { ...UPGRADE, Origin, "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example" },
    });
    assertEquals(status, 403);
    assertNotMatch(body, /evil|127\.0\.0\.1|trusted/);
  }
  await sendRaw(rig.port, { path: "/", headers: { Host: "rebound.example.com" } });
  const warned = rig.lines.filter(({ level }) => level === "warn");
  assertEquals(warned.map(({ message, from, expected }) => [message, from, expected]), [
    ["Origin refused", "127.0.0.1", rig.origin],
    ["Host refused", "127.0.0.1", "an IP address or a name of the local network"],
  ]);
  assertMatch(String(warned[0]!.came), /^Origin https:\/\/evil\.example"/);
  const { body } = await sendRaw(rig.port, { path: "/api/audit", headers: ADMIN });
  const details = JSON.parse(body).map(({ detail }: { detail?: string }) => detail).reverse();
  assertEquals(details.length, 4);
  assertMatch(details[0], /^Origin https:.*, expected http:\/\/127\.0\.0\.1:\d+: 127\.0\.0\.1 sent X-Forwarded-/);
  assertMatch(details[3], /^Host rebound\.example\.com, expected an IP address .*DNS rebinding$/);
  const page = await sendRaw(rig.port, { path: "/audit", headers: { ...ADMIN, Accept: "text/html" } });
  assertMatch(page.body, /Host rebound\.example\.com, expected/);
});

Deno.test("the log names the proxy that is not trusted, and the header that a trusted one leaves out", async () => {
  for (
    const [trusted, hint] of [
      ["10.0.0.1", /^127\.0\.0\.1 sent X-Forwarded-Proto, X-Forwarded-Host but is not in trusted_proxies; if/],
      ["127.0.0.1", /^came through 127\.0\.0\.1 without a usable X-Forwarded-Proto$/],
    ] as const
  ) {
    await using rig = await startGuarded(`gateway: { trusted_proxies: [${trusted}] }`);
    const told: Record<string, string> = { "X-Forwarded-Host": "vnc.local" };
    if (trusted === "10.0.0.1") told["X-Forwarded-Proto"] = "https";
    await sendRaw(rig.port, { path: "/ws/vnc/pi", headers: { ...UPGRADE, ...told, Origin: "https://vnc.local" } });
    assertMatch(String(rig.lines.find(({ message }) => message === "Origin refused")?.hint), hint);
  }
});
