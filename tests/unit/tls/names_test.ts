import { assertEquals } from "@std/assert";
import { canonicalName, isAddress, listNames } from "../../../src/tls/names.ts";

const machine = (host: string, ...addresses: string[]) => ({
  hostname: () => host,
  interfaces: () => addresses.map((address) => ({ address })),
});

Deno.test("listNames() gives localhost, the host with its mDNS name and every address once", () => {
  assertEquals(
    listNames({ ...machine("Workshop", "127.0.0.1", "192.168.1.5", "::1", "2001:DB8::0:7", "fe80::1"), extra: [] }),
    ["127.0.0.1", "192.168.1.5", "2001:db8::7", "::1", "localhost", "workshop", "workshop.local"],
  );
});

Deno.test("listNames() includes the full host name, its first label and the extra names", () => {
  const names = listNames({ ...machine("gate.home.arpa"), extra: ["vnc.example.net", "[2001:db8::9]"] });
  assertEquals(names, [
    "127.0.0.1",
    "2001:db8::9",
    "::1",
    "gate",
    "gate.home.arpa",
    "gate.local",
    "localhost",
    "vnc.example.net",
  ]);
});

Deno.test("listNames() omits names that a certificate cannot contain", () => {
  const names = listNames({ ...machine("my host!", "fe80::1%eth0", "febf::1", "0.0.0.0", "::"), extra: ["", "a..b"] });
  assertEquals(names, ["127.0.0.1", "::1", "localhost"]);
});

Deno.test("listNames() works without options", () => {
  assertEquals(["127.0.0.1", "::1", "localhost"].every((name) => listNames().includes(name)), true);
});

Deno.test("canonicalName() gives every spelling of a name the same form", () => {
  assertEquals(canonicalName("EXAMPLE.net."), "example.net");
  assertEquals(canonicalName("2001:DB8:0:0:0:0:0:1"), "2001:db8::1");
  assertEquals(canonicalName("müller.example"), "xn--mller-kva.example");
  assertEquals(canonicalName("-a"), undefined);
  assertEquals(canonicalName("a/b"), undefined);
});

Deno.test("isAddress() distinguishes addresses from host names", () => {
  assertEquals(["10.0.0.1", "::1", "ten.example", "1.2.3.example"].map(isAddress), [true, true, false, false]);
});
