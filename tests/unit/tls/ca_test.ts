import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { X509Certificate } from "node:crypto";
import { makeCa, makeLeaf, readConstraints } from "../../../src/tls/ca.ts";
import { readNames } from "../../../src/tls/certificate.ts";
import { isPermitted } from "../../../src/tls/names.ts";

const DAY_MS = 86_400_000;
const NOW = Date.parse("2030-01-01T00:00:00Z");
const NAMES = ["localhost", "127.0.0.1", "::1", "gate", "gate.local", "vnc.example.net"];

const ca = await makeCa({ host: "gate", names: NAMES, nowMs: NOW });
const leaf = await makeLeaf({ ca, names: NAMES, nowMs: NOW });

Deno.test("makeCa() makes a CA for ten years", () => {
  const root = new X509Certificate(ca.cert);
  assert(root.ca);
  assertMatch(root.subject, /CN=Porthole CA on gate/);
  assertEquals(Math.round((Date.parse(root.validTo) - NOW) / DAY_MS), 3650);
  assert(root.verify(root.publicKey));
});

Deno.test("makeLeaf() makes a server certificate for every name, signed by the CA", () => {
  const [root, cert] = [new X509Certificate(ca.cert), new X509Certificate(leaf.cert)];
  assert(cert.verify(root.publicKey));
  assert(!cert.ca);
  assertEquals(cert.issuer, root.subject);
  assertEquals(readNames(leaf.cert).length, NAMES.length);
  for (const name of NAMES) {
    assert(/[:\d]$/.test(name) ? cert.checkIP(name) : cert.checkHost(name), `${name} is not covered`);
  }
  assertEquals(cert.checkHost("other.example.net"), undefined);
});

Deno.test("makeLeaf() does not exceed the lifetime that browsers accept, or that of the CA", async () => {
  const cert = new X509Certificate(leaf.cert);
  const days = (Date.parse(cert.validTo) - Date.parse(cert.validFrom)) / DAY_MS;
  assert(days >= 90 && days <= 397, `${days} days`);
  const late = await makeLeaf({ ca, names: NAMES, nowMs: NOW + 3600 * DAY_MS });
  assertEquals(new X509Certificate(late.cert).validTo, new X509Certificate(ca.cert).validTo);
});

Deno.test("makeLeaf() uses a new key and serial number each time", async () => {
  const again = await makeLeaf({ ca, names: NAMES, nowMs: NOW });
  assertNotEquals(again.key, leaf.key);
  assertNotEquals(new X509Certificate(again.cert).serialNumber, new X509Certificate(leaf.cert).serialNumber);
});

Deno.test("the CA may sign only private zones and its own names", () => {
  const zones = readConstraints(ca.cert);
  for (const name of ["localhost", "pi.local", "gate", "vnc.example.net", "10.1.2.3", "2001:db8::1"]) {
    assert(isPermitted(name, zones), name);
  }
  for (const name of ["example.net", "bank.example", "xlocal", "local.example"]) {
    assert(!isPermitted(name, zones), name);
  }
  assertEquals(readConstraints(leaf.cert), undefined);
  assert(isPermitted("bank.example", undefined));
});
