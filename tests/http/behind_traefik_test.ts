/** A gateway behind Traefik's headers. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { COOKIES, startGuarded, TOKENS } from "../fakes/callers.ts";
import { sendRaw, UPGRADE } from "../fakes/raw_http.ts";
import { startTraefik } from "../fakes/traefik.ts";

const HOST = "vnc.home.arpa";
const TRUSTED = "gateway: { trusted_proxies: [127.0.0.1] }";

Deno.test("behind Traefik a session opens with the cookie of an https sign-in, and a foreign page is refused", async () => {
  await using rig = await startGuarded(TRUSTED);
  await using traefik = await startTraefik({ to: rig.port });
  const upgrade = async (Origin: string, more: Record<string, string> = {}) => {
    const headers = { ...UPGRADE, Host: HOST, Origin, Cookie: `__Host-porthole=${COOKIES.ada}`, ...more };
    return (await sendRaw(traefik.port, { path: "/ws/vnc/pi", headers })).status;
  };
  assertEquals(await upgrade(`https://${HOST}`), 101);
  assertEquals(await upgrade(`http://${HOST}`), 403);
  assertEquals(await upgrade("https://evil.example"), 403);
  const forged = { Forwarded: "host=evil.example;proto=https", "X-Forwarded-Host": "evil.example" };
  assertEquals(await upgrade("https://evil.example", forged), 403);
  assertEquals(await upgrade(`https://${HOST}`, { ...forged, "X-Forwarded-For": "6.6.6.6" }), 101);
});

Deno.test("behind Traefik on another port, the port of the Host header counts", async () => {
  await using rig = await startGuarded(TRUSTED);
  await using traefik = await startTraefik({ to: rig.port });
  const headers = {
    ...UPGRADE,
    Host: `${HOST}:8443`,
    Origin: `https://${HOST}:8443`,
    Cookie: `__Host-porthole=${COOKIES.ada}`,
  };
  assertEquals((await sendRaw(traefik.port, { path: "/ws/vnc/pi", headers })).status, 101);
});

Deno.test("behind Traefik's StripPrefix, pages link to what is below the prefix, with and without its slash", async () => {
  await using rig = await startGuarded(TRUSTED);
  await using traefik = await startTraefik({ to: rig.port, strip: "/lab" });
  const headers = { Host: HOST, Authorization: `Bearer ${TOKENS.admin}`, Accept: "text/html" };
  for (const path of ["/lab", "/lab/", "/lab/site/vnc/pi", "/lab/account"]) {
    const { status, body } = await sendRaw(traefik.port, { path, headers });
    const links = [...body.matchAll(/ (?:href|src|action)="([^"]+)"/g)].map(([, to]) =>
      new URL(to!, `https://${HOST}${path}`).pathname
    );
    assertEquals([status, links.filter((link) => !link.startsWith("/lab/"))], [200, []]);
    assert(links.includes("/lab/static/porthole.css"));
  }
  const made = await sendRaw(traefik.port, { method: "POST", path: "/lab/api/sources/pi/links", headers });
  assertMatch(made.body, /"url":"https:\/\/vnc\.home\.arpa\/lab\/share#/);
});
