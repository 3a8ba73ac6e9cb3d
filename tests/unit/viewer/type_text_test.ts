import { assertEquals } from "@std/assert";
import { type KeyStroke, typeCharacter } from "../../../src/viewer/keys.ts";
import { typeText } from "../../../src/viewer/type_text.ts";

Deno.test("typeText() types every character in order, and each line break once", async () => {
  const typed: (readonly KeyStroke[])[] = [];
  assertEquals(await typeText("A\r\nb😀", (strokes) => typed.push(strokes) > 0), true);
  assertEquals(typed, ["A", "\n", "b", "😀"].map(typeCharacter));
});

Deno.test("typeText() stops when a character can no longer be sent", async () => {
  let sent = 0;
  assertEquals(await typeText("abcdef", () => ++sent < 3), false);
  assertEquals(sent, 3);
});
