import { assertEquals, assertStringIncludes } from "@std/assert";
import { readCookie, readDeviceCookie, writeCookie, writeDeviceCookies } from "../../../src/access/cookie.ts";

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

Deno.test("a browser is known to twenty users at most, so that its cookies do not outgrow a request", () => {
  for (const secure of [false, true]) {
    const jar = new Map([["porthole", "sign-in"], ["other", "x"]]);
    const signIn = (user: string) => {
      const cookie = [...jar].map((pair) => pair.join("=")).join("; ");
      for (const line of writeDeviceCookies(`of ${user}`, user, request(cookie), { secure, maxAgeMs: 60_000 })) {
        const [, name = "", value = "", isOver] = /^([^=]+)=([^;]*)(; Max-Age=0;)?/.exec(line)!;
        if (isOver) jar.delete(name);
        else jar.set(name, value);
      }
    };
    for (let user = 0; user < 30; user++) signIn(`user ${user}`);
    signIn("user 29");
    const cookie = [...jar].map((pair) => pair.join("=")).join("; ");
    const known = Array.from(
      { length: 30 },
      (_, user) => readDeviceCookie(request(cookie), `user ${user}`, { secure }),
    );
    assertEquals(known.map((value) => value !== undefined), known.map((_value, user) => user >= 10));
    assertEquals([jar.size, jar.get("porthole"), jar.get("other")], [22, "sign-in", "x"]);
  }
});
