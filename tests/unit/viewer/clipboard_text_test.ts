import { assertEquals } from "@std/assert";
import { explainTooLong, explainTooLongRemote, measureText } from "../../../src/viewer/clipboard_text.ts";

Deno.test("measureText() counts what the extended clipboard carries: UTF-8 with CRLF", () => {
  assertEquals(["", "abc", "é€😀", "a\nb", "a\r\nb", "a\rb\n"].map(measureText), [0, 3, 9, 4, 4, 6]);
});

Deno.test("a text that is too long is never said to have the length that is accepted", () => {
  const MIB = 1024 ** 2;
  assertEquals(
    explainTooLong(3_000_000, MIB),
    "Not sent: the text is 2.9 MiB long, and this screen accepts at most 1 MiB.",
  );
  assertEquals(
    explainTooLong(MIB + 1, MIB),
    "Not sent: the text is 1.1 MiB long, and this screen accepts at most 1 MiB.",
  );
  assertEquals(
    explainTooLong(2_049, 2_048),
    "Not sent: the text is 2.1 KiB long, and this screen accepts at most 2 KiB.",
  );
  assertEquals(
    explainTooLongRemote(MIB + 1, 1_000),
    "Not copied: the text of the remote screen is 1.1 MiB long, and at most 0.9 KiB is allowed.",
  );
});
