import { assertEquals, assertThrows } from "@std/assert";
import { checkOrigin, listOrigins } from "../../../src/access/origin.ts";
import { PortholeError } from "../../../src/errors.ts";

const peer = { origin: "http://inner:8443" };

Deno.test("the gateway's origins are the one that was reached, that of public_url, and the allowed ones", () => {
  const publicUrl = new URL("https://vnc.example.net:443/vnc/");
  assertEquals(listOrigins(peer, { publicUrl, allowedOrigins: ["https://home.example.net"] }), [
    "http://inner:8443",
    "https://vnc.example.net",
    "https://home.example.net",
  ]);
  assertEquals(listOrigins(peer, { allowedOrigins: [] }), ["http://inner:8443"]);
});

Deno.test("checkOrigin() accepts the listed origins and requests without one, and nothing that resembles them", () => {
  const accepted = ["https://vnc.example.net"];
  checkOrigin(null, accepted);
  checkOrigin("https://vnc.example.net", accepted);
  const others = [
    "http://vnc.example.net",
    "https://vnc.example.net:8443",
    "https://vnc.example.net.evil.example",
    "https://vnc.example.net/",
    "null",
    "",
  ];
  for (const origin of others) {
    assertEquals(assertThrows(() => checkOrigin(origin, accepted), PortholeError).code, "origin_refused", origin);
  }
});
