import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { findEdit, findKey, pressTogether, typeCharacter } from "../../../src/viewer/keys.ts";

Deno.test("pressTogether() presses in order and releases in reverse", () => {
  const strokes = pressTogether("Control+Alt+Delete").map(({ code, down }) => `${code} ${down ? "down" : "up"}`);
  assertEquals(strokes, [
    "ControlLeft down",
    "AltLeft down",
    "Delete down",
    "Delete up",
    "AltLeft up",
    "ControlLeft up",
  ]);
});

Deno.test("pressTogether() leaves out unknown names, also those that every object has", () => {
  assertEquals(pressTogether("constructor+toString+__proto__"), []);
  assertEquals(findKey("hasOwnProperty"), undefined);
});

Deno.test("typeCharacter() takes Latin-1 as it is and the rest as Unicode", () => {
  assertEquals(["a", "é", "€", "я", "😀", "\n", "\t"].map((character) => typeCharacter(character)[0]!.keysym), [
    0x61,
    0xe9,
    0x010020ac,
    0x0100044f,
    0x0101f600,
    0xff0d,
    0xff09,
  ]);
});

Deno.test("typeCharacter() holds Shift where a US keyboard needs it, and nowhere else", () => {
  const SHIFT = 0xffe1;
  assertEquals(typeCharacter("A").map(({ keysym, down }) => [keysym, down]), [
    [SHIFT, true],
    [0x41, true],
    [0x41, false],
    [SHIFT, false],
  ]);
  for (const character of "abc123-=é€") {
    assertEquals(typeCharacter(character).map(({ down }) => down), [true, false], character);
  }
});

Deno.test("typeCharacter() leaves no key down", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 1 }), (character) => {
    const down = new Set<number>();
    for (const { keysym, down: isDown } of typeCharacter(character)) isDown ? down.add(keysym) : down.delete(keysym);
    assertEquals(down.size, 0);
  }));
});

Deno.test("findEdit() turns any text into any other by deleting and typing at the end", () => {
  assertEquals(findEdit("teh ", "the "), { backspaces: 3, text: "he " });
  assertEquals(findEdit("ab", "ab"), { backspaces: 0, text: "" });
  const text = fc.string({ unit: "binary" });
  fc.assert(fc.property(text, text, (before, after) => {
    const { backspaces, text } = findEdit(before, after);
    const kept = [...before].slice(0, [...before].length - backspaces).join("");
    assertEquals(kept + text, after);
  }));
});
