import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { createRangeTest, findPeer, isSecureContext } from "../../../src/access/peer.ts";
import { FOREIGN } from "../../fakes/foreign.ts";

const isTrusted = createRangeTest(["10.0.0.0/24", "fd00::/8", "unix"]);

interface Sent {
  remote?: string;
  url?: string;
  publicUrl?: string;
}

function find(headers: [string, string][] | Record<string, string>, sent: Sent = {}) {
  const { remote = "10.0.0.1", url = "http://inner:8443/", publicUrl } = sent;
  return findPeer(new Request(url, { headers }), {
    remote,
    isTrusted,
    publicUrl: publicUrl === undefined ? undefined : new URL(publicUrl),
  });
}

const origin = (headers: Record<string, string>, sent?: Sent) => find(headers, sent).origin;
const address = (headers: Record<string, string>, sent?: Sent) => find(headers, sent).address;

/** What proxies send for a browser at https://vnc.example.net, where they pass its Host on or name it. */
const PROXIES: Readonly<Record<string, Record<string, string>>> = {
  "nginx as in deploy/": { "X-Forwarded-Proto": "https", "X-Forwarded-Host": "vnc.example.net" },
  "Traefik, on an upgrade": {
    "X-Forwarded-Proto": "wss",
    "X-Forwarded-Host": "vnc.example.net",
    "X-Forwarded-Port": "443",
    "X-Forwarded-Server": "traefik",
    "X-Real-Ip": "192.0.2.7",
  },
  "two that append": {
    "X-Forwarded-For": "192.0.2.7, 10.0.0.2",
    "X-Forwarded-Proto": "https, http",
    "X-Forwarded-Host": "vnc.example.net, inner",
  },
  "two, of which only one appends": {
    "X-Forwarded-For": "192.0.2.7, 10.0.0.2",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "vnc.example.net,vnc.example.net",
  },
  "two of one kind": { "X-Forwarded-Proto": "https,https", "X-Forwarded-Host": "vnc.example.net, vnc.example.net" },
  "capitals and spaces": { "X-Forwarded-Proto": " HTTPS ,", "X-Forwarded-Host": " VNC.example.net " },
  "Forwarded": { Forwarded: "for=192.0.2.7;proto=https;host=vnc.example.net" },
  "Forwarded, quoted": { Forwarded: 'For="192.0.2.7:4711"; Proto="https" ;HOST="vnc.example.net:443";by=_secret' },
  "Forwarded, two": { Forwarded: "for=192.0.2.7;proto=https;host=vnc.example.net, for=10.0.0.2;proto=http;host=inner" },
  "Forwarded, the second one says no more": { Forwarded: "for=_x;proto=https;host=vnc.example.net,for=10.0.0.2" },
};

for (const [proxy, headers] of Object.entries(PROXIES)) {
  Deno.test(`findPeer() finds the origin that the browser used behind ${proxy}`, () => {
    assertEquals(origin(headers), "https://vnc.example.net");
    assertEquals(origin(headers, { remote: "10.0.1.1" }), "http://inner:8443", "from a proxy that is not trusted");
  });
}

Deno.test("findPeer() uses the scheme and the Host of the request where the proxy tells none, or nothing usable", () => {
  const useless: Record<string, string>[] = [
    {},
    { "X-Forwarded-Proto": "" },
    { "X-Forwarded-Proto": "ftp", "X-Forwarded-Host": "a b" },
    { "X-Forwarded-Host": "evil.example/path" },
    { "X-Forwarded-Host": "inner:99999" },
    { "X-Forwarded-Host": "[::::]", "X-Forwarded-Port": "0" },
    { "X-Forwarded-Host": "1.2.3.4.5" },
    { Forwarded: "for=192.0.2.7;proto=https;host=" },
    { Forwarded: 'for="192.0.2.7;proto=https;host=vnc.example.net' },
    { Forwarded: "host=vnc.example.net/;proto=https" },
  ];
  for (const headers of useless) assertEquals(origin({ ...headers }), "http://inner:8443", JSON.stringify(headers));
});

Deno.test("findPeer() takes the port from the host, and X-Forwarded-Port where the host has none", () => {
  const proto = { "X-Forwarded-Proto": "https" };
  const seen = { url: "http://vnc.example.net/" };
  assertEquals(origin({ ...proto, "X-Forwarded-Port": "8443" }, seen), "https://vnc.example.net:8443");
  assertEquals(origin({ ...proto, "X-Forwarded-Port": "443" }, seen), "https://vnc.example.net");
  assertEquals(origin({ ...proto, "X-Forwarded-Port": "70000" }, seen), "https://vnc.example.net");
  assertEquals(
    origin({ ...proto, "X-Forwarded-Port": "443" }, { url: "http://vnc.example.net:8443/" }),
    "https://vnc.example.net:8443",
  );
  const host = { "X-Forwarded-Host": "[2001:db8::1]", "X-Forwarded-Port": "8443, 80" };
  assertEquals(origin({ ...proto, ...host }), "https://[2001:db8::1]:80");
});

Deno.test("findPeer() finds the last hop that a trusted proxy names, in every notation", () => {
  const found: Readonly<Record<string, string>> = {
    "192.0.2.7": "192.0.2.7",
    "6.6.6.6, 192.0.2.7": "192.0.2.7",
    "6.6.6.6, 192.0.2.7, 10.0.0.3,10.0.0.2": "192.0.2.7",
    "192.0.2.7:4711": "192.0.2.7",
    "[2001:db8::1]:4711, fd00::7": "2001:db8::1",
    "2001:DB8:0::1": "2001:db8::1",
    "::ffff:192.0.2.7": "192.0.2.7",
    "10.0.0.3, 10.0.0.2": "10.0.0.3",
    // Nobody knows who wrote what stands to the left of these.
    "6.6.6.6, unknown": "10.0.0.1",
    "6.6.6.6, _hidden, 10.0.0.2": "10.0.0.2",
    "6.6.6.6, 1.2.3": "10.0.0.1",
    "": "10.0.0.1",
  };
  for (const [list, expected] of Object.entries(found)) {
    assertEquals(address({ "X-Forwarded-For": list }), expected, list);
  }
  const elements: Readonly<Record<string, string>> = {
    'for="[2001:db8::1]:4711"': "2001:db8::1",
    'for=6.6.6.6, for="192.0.2.7:80";by=10.0.0.1': "192.0.2.7",
    "for=6.6.6.6;host=a, FOR=192.0.2.7, for=10.0.0.2": "192.0.2.7",
    "for=6.6.6.6, for=_SEVKISEK, for=10.0.0.2": "10.0.0.2",
    "for=6.6.6.6, for=unknown": "10.0.0.1",
    "for=6.6.6.6, proto=https": "10.0.0.1",
    "for=6.6.6.6; for=": "10.0.0.1",
    'for="6.6.6.6, for=192.0.2.7': "10.0.0.1",
  };
  for (const [text, expected] of Object.entries(elements)) assertEquals(address({ Forwarded: text }), expected, text);
});

Deno.test("findPeer() reads several header lines as one list", () => {
  const lines: [string, string][] = [
    ["Forwarded", "for=192.0.2.7;proto=https"],
    ["Forwarded", "for=10.0.0.2;host=vnc.example.net"],
  ];
  const { address, origin } = find(lines);
  assertEquals([address, origin], ["192.0.2.7", "https://vnc.example.net"]);
  assertEquals(find([["X-Forwarded-For", "192.0.2.7"], ["X-Forwarded-For", "10.0.0.2"]]).address, "192.0.2.7");
});

Deno.test("findPeer() ignores Forwarded beside X-Forwarded-*, because most proxies pass a browser's Forwarded on", () => {
  const forged = { Forwarded: "for=6.6.6.6;proto=https;host=evil.example" };
  const one = find({ ...forged, "X-Forwarded-For": "192.0.2.7" });
  assertEquals([one.address, one.origin], ["192.0.2.7", "http://inner:8443"]);
  assertEquals(origin({ ...forged, "X-Forwarded-Proto": "http" }), "http://inner:8443");
});

Deno.test("findPeer() joins the prefixes that trusted proxies removed, and no others", () => {
  const prefix = (text: string, more = {}) => find({ "X-Forwarded-Prefix": text, ...more }).prefix;
  assertEquals(prefix("/lab/"), "/lab");
  assertEquals(prefix("/evil, /lab"), "/lab");
  assertEquals(prefix("/evil, /lab", { Forwarded: "for=192.0.2.7" }), "/lab");
  assertEquals(prefix("/evil, /a, /b/c", { "X-Forwarded-For": "192.0.2.7, 10.0.0.2" }), "/a/b/c");
  for (const text of ["", "lab", "//evil.example", "/a b", "/<", "/a//b"]) assertEquals(prefix(text), "", text);
  assertEquals(prefix("/a, <b>", { "X-Forwarded-For": "192.0.2.7, 10.0.0.2" }), "", "one of two");
  assertEquals(find({ "X-Forwarded-Prefix": "/lab" }, { remote: "192.0.2.1" }).prefix, "");
});

Deno.test("findPeer() takes public_url for the origin where its host was reached and no proxy tells the scheme", () => {
  const seen = { url: "http://vnc.example.net:8443/", publicUrl: "https://vnc.example.net:8443/vnc/" };
  for (const remote of ["10.0.0.1", "192.0.2.1"]) {
    assertEquals(origin({}, { ...seen, remote }), "https://vnc.example.net:8443");
    assertEquals(origin({}, { ...seen, url: "http://vnc.example.net/", remote }), "http://vnc.example.net");
    assertEquals(origin({}, { ...seen, url: "http://inner:8443/", remote }), "http://inner:8443");
  }
  assertEquals(origin({ "X-Forwarded-Proto": "http" }, seen), "http://vnc.example.net:8443");
});

Deno.test("findPeer() trusts the other end of a unix socket only if trusted_proxies has unix", () => {
  const headers = { "X-Forwarded-For": "192.0.2.7" };
  assertEquals(address(headers, { remote: "unix" }), "192.0.2.7");
  const isTrusted = createRangeTest(["0.0.0.0/0"]);
  assertEquals(findPeer(new Request("http://h/", { headers }), { remote: "unix", isTrusted }).address, "unix");
});

const pieces = fc.constantFrom(
  ..."6.6.6.6|10.0.0.2|192.0.2.7:1|[2001:db8::1]:4|fd00::1%eth0|unknown|_x|wss|HTTPS|/a|a:99999|[:|%|\u00e9".split("|"),
  ...'for=|proto=|host=|by=|__proto__=|constructor=|;|, |,|"|\\|=| |\t'.split("|"),
);
const value = fc.oneof(
  fc.array(pieces, { maxLength: 12 }).map((all) => all.join("")),
  fc.string({ unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)) }),
).map((text) => text.replace(/[\0\r\n]/g, "").trim());
const NAMES = ["Forwarded", ...["For", "Proto", "Host", "Port", "Prefix"].map((name) => `X-Forwarded-${name}`)];
const headers = fc.array(fc.tuple(fc.constantFrom(...NAMES), value), { maxLength: 8 });

Deno.test("findPeer() finds an address, an origin and a prefix whatever the headers say", () => {
  fc.assert(
    fc.property(headers, fc.constantFrom("10.0.0.1", "192.0.2.1", "unix", "::1"), (sent, remote) => {
      const peer = find(sent, { remote });
      assertEquals(new URL(peer.origin).origin, peer.origin);
      assert(/^(unix|[\d.]+|[\da-f:]+(%\w+)?)$/.test(peer.address), peer.address);
      assert(new URL(`${peer.prefix}/`, "http://h").origin === "http://h" && !peer.prefix.startsWith("//"));
      if (!peer.proxied) assertEquals([peer.address, peer.origin, peer.prefix], [remote, "http://inner:8443", ""]);
    }),
    FOREIGN,
  );
});

Deno.test("what an untrusted hop claims never counts, whatever it claims", () => {
  const told = {
    "X-Forwarded-For": "192.0.2.7, 10.0.0.2",
    "X-Forwarded-Proto": "https, http",
    "X-Forwarded-Host": "vnc.example.net, inner",
    "X-Forwarded-Prefix": "/lab, /vnc",
  };
  const honest = find(told);
  fc.assert(
    fc.property(headers, (claims) => {
      // A proxy appends to what came. A browser's Forwarded is left as it came.
      const names = claims.map(([name]) => name).filter((name) => name in told || name === "Forwarded");
      const forged = claims.filter(([name]) => names.includes(name));
      const appended = Object.entries(told) as [string, string][];
      assertEquals(find([...forged, ...appended]), honest);
    }),
    FOREIGN,
  );
  const standard = 'for=192.0.2.7;proto=https;host=vnc.example.net, for="10.0.0.2";host=inner';
  const claim = fc.constantFrom("for=6.6.6.6", "host=evil.example;proto=http", 'for="_x";by=10.0.0.1', "for=10.0.0.9");
  fc.assert(fc.property(fc.array(claim), (claims) => {
    assertEquals(find({ Forwarded: [...claims, standard].join(", ") }), find({ Forwarded: standard }));
  }));
});

Deno.test("isSecureContext() is true over HTTPS, and on the browser's own machine", () => {
  const rows = [
    ["https://vnc.example.net", true],
    ["http://192.168.1.5:8080", false],
    ["http://pi.lan", false],
    ["http://localhost:8443", true],
    ["http://a.localhost", true],
    ["http://127.3.2.1", true],
    ["http://[::1]:80", true],
    ["http://localhost.example.net", false],
  ] as const;
  for (const [origin, expected] of rows) assertEquals(isSecureContext({ origin }), expected, origin);
});
