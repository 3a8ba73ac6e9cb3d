import { assertEquals } from "@std/assert";
import { makeAdmissionPath, makeSocketUrl } from "../../../src/viewer/source_urls.ts";

Deno.test("makeSocketUrl() stays on the page's host and below the base path, encrypted where the page is", () => {
  assertEquals(makeSocketUrl("/", "pi", "http://10.0.0.5:8080/site/vnc/pi"), "ws://10.0.0.5:8080/ws/vnc/pi");
  assertEquals(makeSocketUrl("/vnc/", "pi", "https://example.net/vnc/?a#b"), "wss://example.net/vnc/ws/vnc/pi");
});

Deno.test("a source's name cannot lead elsewhere", () => {
  const name = "../a b?c#d";
  assertEquals(makeSocketUrl("/", name, "http://a/"), "ws://a/ws/vnc/..%2Fa%20b%3Fc%23d");
  assertEquals(makeAdmissionPath("/vnc/", name), "/vnc/api/sources/..%2Fa%20b%3Fc%23d/admission");
});
