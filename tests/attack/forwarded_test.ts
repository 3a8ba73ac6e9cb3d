/** Whoever sends X-Forwarded-For or Forwarded through a proxy cannot choose the address that limits count. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { createRangeTest, findPeer } from "../../src/access/peer.ts";
import { startEditable } from "../fakes/editable_gateway.ts";
import { sendRaw } from "../fakes/raw_http.ts";

const PROXY = "10.0.0.1";
const isTrusted = createRangeTest(["10.0.0.0/24"]);

function find(headers: [string, string][]) {
  const { address, origin, prefix } = findPeer(new Request("http://inner/", { headers }), {
    remote: PROXY,
    isTrusted,
  });
  return { address, origin, prefix };
}

/** What a proxy appends for the hop before it, and the address that counts then. */
const HOPS: Readonly<Record<string, string>> = {
  "192.0.2.7": "192.0.2.7",
  "192.0.2.7:5555": "192.0.2.7",
  "192.0.2.7:_hidden": "192.0.2.7",
  "2001:db8::1": "2001:db8::1",
  "[2001:db8::1]": "2001:db8::1",
  "[2001:db8::1]:443": "2001:db8::1",
  "[2001:DB8:0::1]:443": "2001:db8::1",
  "::ffff:192.0.2.7": "192.0.2.7",
  "[::ffff:192.0.2.7]:443": "192.0.2.7",
  "fe80::1%eth0": "fe80::1%eth0",
  "[fe80::1%eth0]:443": "fe80::1%eth0",
  "192.0.2.7:5555, 10.0.0.2:80": "192.0.2.7",
  // Nobody can read these: the proxy is the nearest hop that is known.
  '"192.0.2.7"': PROXY,
  '"[2001:db8::1]:443"': PROXY,
  "[2001:db8::1": PROXY,
  "2001:db8::1]": PROXY,
  "[2001:db8::1]443": PROXY,
  "2001:db8:1:2:3:4:5:6:443": PROXY,
  "192.0.2.7:": PROXY,
  "192.0.2.7:80:80": PROXY,
  "192.0.2.256": PROXY,
  "192.0.2.07": PROXY,
  "0xc0.0.2.7": PROXY,
  "127.1": PROXY,
  "3221225991": PROXY,
  "for=192.0.2.7": PROXY,
  "192.0.2.7;x": PROXY,
  "192.0.2.7 192.0.2.8": PROXY,
  "unix:": PROXY,
  "unix": PROXY,
  "unknown": PROXY,
  "unknown:80": PROXY,
  "_hidden": PROXY,
  "_hidden:_port": PROXY,
  "": PROXY,
  ", 10.0.0.2": "10.0.0.2",
  "unknown, 10.0.0.2:80": "10.0.0.2",
  ", , 10.0.0.2": "10.0.0.2",
};

Deno.test("the address is that of the hop that the nearest proxies name, in every spelling, whatever stands before", () => {
  const claims = ["", "6.6.6.6", "10.0.0.9", "[fe80::6]:1", '"', "6.6.6.6, 10.0.0.2", "unknown,", ","];
  for (const [hop, expected] of Object.entries(HOPS)) {
    for (const claim of claims) {
      assertEquals(find([["X-Forwarded-For", `${claim}, ${hop}`]]).address, expected, `${claim} then ${hop}`);
      assertEquals(find([["X-Forwarded-For", claim], ["X-Forwarded-For", hop]]).address, expected, `lines: ${hop}`);
    }
  }
});

/** The same for the elements of Forwarded (RFC 7239 sections 4 and 6). */
const ELEMENTS: Readonly<Record<string, string>> = {
  "for=192.0.2.7": "192.0.2.7",
  'for="192.0.2.7:5555"': "192.0.2.7",
  'For="[2001:db8::1]:443";proto=https': "2001:db8::1",
  'for="[2001:db8::1]"': "2001:db8::1",
  'for="192.0.2.7:_hidden";by=_proxy': "192.0.2.7",
  'for=192.0.2.7, for="10.0.0.2:80"': "192.0.2.7",
  "for=unknown": PROXY,
  'for="_hidden:_port"': PROXY,
  "proto=https": PROXY,
  "by=192.0.2.7": PROXY,
  'for=""': PROXY,
  'for="192.0.2.7, 192.0.2.8"': PROXY,
  "for=unknown, for=10.0.0.2": "10.0.0.2",
  // Malformed: nobody can tell who wrote which part.
  "for=192.0.2.7:5555": PROXY,
  "for=[2001:db8::1]": PROXY,
  'for="192.0.2.7': PROXY,
  "for": PROXY,
};

Deno.test("the address is that of the last readable element of Forwarded, whatever stands before", () => {
  const claims = ["for=6.6.6.6", 'for="[fe80::6]:1"', "for=10.0.0.9", "for=_x;host=evil.example", 'for="6,6"', 'for="'];
  for (const [element, expected] of Object.entries(ELEMENTS)) {
    for (const claim of claims) {
      const { address } = find([["Forwarded", `${claim}, ${element}`]]);
      // A quote that the sender left open makes all of it malformed, or swallows what the proxy wrote.
      assertEquals(address, claim.endsWith('="') ? PROXY : expected, `${claim} then ${element}`);
    }
  }
});

Deno.test("scheme, host, port and prefix are those of the nearest proxy where it says them, whatever stands before", () => {
  const told: [string, string][] = [
    ["X-Forwarded-For", "192.0.2.7:5555"],
    ["X-Forwarded-Proto", "https"],
    ["X-Forwarded-Host", "vnc.example.net"],
    ["X-Forwarded-Port", "8443"],
    ["X-Forwarded-Prefix", "/lab"],
  ];
  const honest = find(told);
  assertEquals(honest, { address: "192.0.2.7", origin: "https://vnc.example.net:8443", prefix: "/lab" });
  const text = fc.constantFrom(
    "",
    ",",
    "6.6.6.6",
    "http",
    "evil.example",
    "[::1]:80",
    '"',
    "80",
    "/evil",
    "unknown",
    "_x",
  );
  const claims = fc.array(fc.tuple(fc.constantFrom(...told.map(([name]) => name), "Forwarded"), text));
  fc.assert(fc.property(claims, (claims) => assertEquals(find([...claims, ...told]), honest)));
});

Deno.test("a sender behind a trusted proxy gets as many wrong sign-ins as one address, whatever they claim to be", async () => {
  for (const hop of ["192.0.2.7:5555", "[2001:db8::1]:443", '"192.0.2.7"', ""]) {
    const limit = (yaml: string) => yaml.replace("sign_ins_per_minute: 1000", "sign_ins_per_minute: 10");
    await using rig = await startEditable((yaml) => `gateway: { trusted_proxies: [127.0.0.1] }\n${limit(yaml)}`);
    const statuses = new Map<number, number>();
    for (let at = 0; at < 20; at++) {
      const headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Forwarded-For": `66.6.6.${at}, ${hop}`,
      };
      const request = { method: "POST", path: "/sign-in", headers, body: "token=wrong" };
      const { status } = await sendRaw(rig.port, request);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    assertEquals([...statuses], [[401, 10], [429, 10]], hop);
  }
});
