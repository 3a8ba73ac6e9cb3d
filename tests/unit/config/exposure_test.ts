import { assert, assertEquals } from "@std/assert";
import { parseListener } from "../../../src/config/address.ts";
import { explainExposure, isLocal, warnOfExposure } from "../../../src/config/exposure.ts";

const LOCAL = [
  "127.0.0.1",
  "127.9.9.9",
  "localhost",
  "[::1]",
  "[0:0:0:0:0:0:0:1]",
  "[::ffff:127.0.0.1]",
  "unix:/run/p.sock",
];
const OPEN = [
  "0.0.0.0",
  "[::]",
  "192.168.1.5",
  "gateway.lan",
  "127.0.0.1.example.net",
  "[fe80::1]",
  "[::ffff:10.0.0.1]",
];

const listenAt = (text: string) => ({ listen: parseListener(text, 8443) });

Deno.test("isLocal() knows loopback addresses and unix sockets in every spelling", () => {
  for (const text of LOCAL) assert(isLocal(parseListener(text, 8443)), text);
  for (const text of OPEN) assert(!isLocal(parseListener(text, 8443)), text);
});

Deno.test("explainExposure() lets nothing but `auth: none` listen beyond this machine", () => {
  for (const text of LOCAL) assertEquals(explainExposure(listenAt(text), { mode: "unset" }), undefined);
  for (const text of OPEN) {
    assert(explainExposure(listenAt(text), { mode: "unset" })?.includes("auth: none"));
    assertEquals(explainExposure(listenAt(text), { mode: "none" }), undefined);
  }
  assert(explainExposure(listenAt("127.0.0.1"), { mode: "methods", raw: {} }) !== undefined);
});

Deno.test("warnOfExposure() speaks up exactly when anybody may come in", () => {
  assert(warnOfExposure(listenAt("0.0.0.0"), { mode: "none" }) !== undefined);
  assertEquals(warnOfExposure(listenAt("127.0.0.1"), { mode: "none" }), undefined);
});
