import { assertEquals, assertThrows } from "@std/assert";
import { checkHost } from "../../../src/access/host.ts";
import { PortholeError } from "../../../src/errors.ts";

const gateway = {
  publicUrl: new URL("https://vnc.example.net/x/"),
  allowedHosts: ["nas.example.org"],
  allowedOrigins: ["https://home.example.net"],
};

Deno.test("checkHost() accepts addresses, and own, private and configured names", () => {
  const hosts = [
    "127.0.0.1:8443",
    "192.168.1.5",
    "203.0.113.9:444",
    "[::1]:8443",
    "[fd00::7]",
    "localhost:1",
    "gatehouse",
    "gatehouse.local",
    "GATEHOUSE.LOCAL.",
    "pi.lan:8443",
    "x.home.arpa",
    "pi.fritz.box:8443",
    "pi.speedport.ip",
    "vm.localdomain",
    "pc.intranet",
    "pc.private",
    "pc.corp",
    "pc.home",
    "vm.internal",
    "vnc.example.net",
    "nas.example.org:8443",
    "home.example.net",
    "gate.corp.example.com",
  ];
  for (const host of hosts) {
    assertEquals(
      checkHost({ origin: new URL(`https://${host}`).origin, gateway, ownName: "Gate.corp.example.com" }),
      undefined,
    );
  }
});

Deno.test("checkHost() refuses names that other people's DNS servers answer for", () => {
  for (
    const host of [
      "evil.example.com",
      "127.0.0.1.nip.io",
      "localhost.evil.example",
      "fritz.box",
      "notfritz.box",
      "pi.box",
      "fritz.box.evil.example",
      "pi.myfritz.net",
      "pi.local.evil.example",
      "home.arpa.evil.example",
      "local",
      "x.locals.com",
      "a.vnc.example.net",
    ]
  ) {
    const check = () => checkHost({ origin: `http://${host}:8443`, gateway, ownName: "gatehouse" });
    if (host === "local") check();
    else assertEquals(assertThrows(check, PortholeError).code, "host_refused");
  }
});
