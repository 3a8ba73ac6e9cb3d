import { assertEquals } from "@std/assert";
import { fitReason } from "../../../src/bridge/close_reason.ts";

/** Bytes that a close frame can carry in addition to the code (RFC 6455 section 5.5). */
const MAX_BYTES = 123;

function countBytes(text: string): number {
  return new TextEncoder().encode(text).length;
}

Deno.test("fitReason() leaves a sentence that fits unchanged", () => {
  for (const sentence of ["", "x".repeat(MAX_BYTES), "é".repeat(61)]) assertEquals(fitReason(sentence), sentence);
});

Deno.test("fitReason() uses every byte for a sentence that does not fit", () => {
  assertEquals(fitReason("x".repeat(MAX_BYTES + 1)), `${"x".repeat(MAX_BYTES - 3)}…`);
});

Deno.test("fitReason() never splits a character", () => {
  for (const character of ["é", "€", "😀"]) {
    const fitted = fitReason(character.repeat(100));
    assertEquals(fitted, `${character.repeat(Math.floor((MAX_BYTES - 3) / countBytes(character)))}…`);
  }
});
