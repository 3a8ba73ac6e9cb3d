import { assertEquals } from "@std/assert";
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
