import { assertEquals } from "@std/assert";
import { makeAdmissionPath, makeSocketUrl } from "../../../src/viewer/source_urls.ts";

Deno.test("makeSocketUrl() stays on the page's host and below the base path, encrypted where the page is", () => {
  assertEquals(
    makeSocketUrl("/", "pi", "http://10.0.0.5:8080/site/vnc/pi", "new"),
    "ws://10.0.0.5:8080/ws/vnc/pi?resume=new",
  );
  assertEquals(
    makeSocketUrl("/vnc/", "pi", "https://example.net/vnc/?a#b", "held"),
    "wss://example.net/vnc/ws/vnc/pi?resume=held",
  );
});

Deno.test("a source's name cannot lead elsewhere", () => {
  const name = "../a b?c#d";
  assertEquals(makeSocketUrl("/", name, "http://a/", "new"), "ws://a/ws/vnc/..%2Fa%20b%3Fc%23d?resume=new");
  assertEquals(makeAdmissionPath("/vnc/", name), "/vnc/api/sources/..%2Fa%20b%3Fc%23d/admission");
});
