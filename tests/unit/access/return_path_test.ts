import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { readReturnPath } from "../../../src/access/return_path.ts";

Deno.test("readReturnPath() keeps paths with their query", () => {
  for (const path of ["/", "/site/vnc/pi", "/site/vnc/pi?full=1&x=%2F", "/%2f%2fevil.example", "/a//b"]) {
    assertEquals(readReturnPath(path), path);
  }
});

Deno.test("readReturnPath() turns every other text into /", () => {
  const evil = [
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example",
    "javascript:alert(1)",
    "evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    " //evil.example",
    "/..//evil.example",
    "/.//evil.example",
    "/x/..//evil.example",
    "/%09/\u0000",
    `/${"a".repeat(3000)}`,
    "",
    null,
    undefined,
  ];
  for (const text of evil) assertEquals(readReturnPath(text), "/", String(text));
});

Deno.test("readReturnPath() stays on its origin for any text", () => {
  const text = fc.oneof(
    fc.string(),
    fc.array(fc.constantFrom("/", "\\", ".", "@", ":", "\t", "%2f", "%5c", "e")).map((all) => all.join("")),
  );
  fc.assert(fc.property(text, (one) => {
    const path = readReturnPath(one);
    for (const base of ["https://gate.example/", "https://gate.example/below/"]) {
      const url = new URL(new URL(base).pathname + path.slice(1), base);
      assert(url.origin === "https://gate.example" && url.pathname.startsWith(new URL(base).pathname));
    }
  }));
});
