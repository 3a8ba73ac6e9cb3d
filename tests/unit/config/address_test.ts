import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { parseHost, parseListener, parseTarget } from "../../../src/config/address.ts";

Deno.test("parseTarget() reads ports below 100 as displays", () => {
  const ports = ["h", "h:0", "h:1", "h:99", "h:100", "h:5901", "h:65535"].map((text) => {
    const target = parseTarget(text);
    return target.kind === "tcp" && target.port;
  });
  assertEquals(ports, [5900, 5900, 5901, 5999, 100, 5901, 65535]);
});

Deno.test("parseListener() does not change ports, including 0", () => {
  assertEquals(parseListener("[::]:0", 8443), { kind: "tcp", hostname: "::", port: 0 });
  assertEquals(parseListener("localhost", 8443), { kind: "tcp", hostname: "localhost", port: 8443 });
  assertEquals(parseListener("unix:/run/p.sock", 8443), { kind: "unix", path: "/run/p.sock" });
});

Deno.test("parseHost() accepts names and addresses", () => {
  for (const host of ["pi", "pi.lan", "pi.lan.", "a_b", "büro.example", "10.0.0.1", "fd00::1", "fe80::1%eth0", "x-1"]) {
    assertEquals(parseHost(host), host);
  }
  assertEquals(parseHost("[fd00::1]"), "fd00::1");
});

for (
  const text of [
    "",
    ":1",
    "h:",
    "h:x",
    "h:65536",
    "h:-1",
    "h:1:2",
    "h::5901",
    "::1",
    "fd00::1:5900",
    "[::1",
    "[::1]x",
    "[::1]:",
    "[h]:1",
    "[1.2.3.4]:1",
    "1.2.3",
    "999.1.1.1",
    "1.2.3.4.5",
    "a b",
    "a/b",
    "a@b",
    "-a",
    "vnc://h:1",
    "h\n",
    "h\0",
    "unix:",
    "unix:a\0b",
    "a".repeat(254),
  ]
) {
  Deno.test(`parseTarget() refuses ${JSON.stringify(text.slice(0, 20))}`, () => {
    assertThrows(() => parseTarget(text), SyntaxError);
  });
}

Deno.test("parseListener() gives the host and the port of any address as they are written", () => {
  const ports = fc.integer({ min: 0, max: 65535 });
  fc.assert(fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain()), ports, (hostname, port) => {
    const host = hostname.includes(":") ? `[${hostname}]` : hostname;
    assertEquals(parseListener(`${host}:${port}`, 1), { kind: "tcp", hostname, port });
  }));
});
