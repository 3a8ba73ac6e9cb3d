import { assertEquals, assertStringIncludes } from "@std/assert";
import { readCookie, writeCookie } from "../../../src/access/cookie.ts";

const request = (cookie: string) => new Request("http://h/", { headers: { cookie } });

Deno.test("the cookie is bound to the host over https, and never readable by scripts", () => {
  const secure = writeCookie("v", { secure: true, maxAgeMs: 60_000 });
  assertEquals(secure, "__Host-porthole=v; Max-Age=60; Path=/; HttpOnly; Secure; SameSite=Lax");
  assertEquals(
    writeCookie("v", { secure: false, maxAgeMs: 60_000 }),
    "porthole=v; Max-Age=60; Path=/; HttpOnly; SameSite=Lax",
  );
  assertStringIncludes(writeCookie("", { secure: true, maxAgeMs: 60_000 }), "Max-Age=0");
});

Deno.test("a sign-in that lasts for years gets the 400 days that browsers keep a cookie for", () => {
  const years = writeCookie("v", { secure: true, maxAgeMs: 3 * 366 * 24 * 3_600_000 });
  assertStringIncludes(years, "; Max-Age=34560000;");
});

Deno.test("readCookie() finds its cookie among others, and over https only the one bound to the host", () => {
  assertEquals(readCookie(request("a=1; porthole=x=y; b"), { secure: false }), "x=y");
  assertEquals(readCookie(request("xporthole=1; porthole="), { secure: false }), undefined);
  assertEquals(readCookie(request("porthole=planted"), { secure: true }), undefined);
  assertEquals(readCookie(request("__Host-porthole=v"), { secure: true }), "v");
});

Deno.test("readCookie() ignores a malformed cookie header", () => {
  for (const header of ["porthole", "=v", ";;;", "porthole=a b\\", "porthole=\u00ff", "por\u00fe=1; porthole="]) {
    assertEquals(readCookie(request(header), { secure: false }), undefined, header);
  }
  assertEquals(readCookie(request("porthole=%E0%A4%A"), { secure: false }), "%E0%A4%A");
});
