import { assertEquals, assertThrows } from "@std/assert";
import { ClientMessages } from "../../bench/client_messages.ts";

const STREAM = new Uint8Array([
  ...[0, ...new Array(19).fill(3)], // SetPixelFormat
  ...[2, 0, 0, 2, ...new Array(8).fill(3)], // SetEncodings
  ...[3, 0, 0, 0, 0, 0, 2, 0, 2, 0],
  ...[6, 0, 0, 0, 0, 0, 0, 3, 3, 3, 3], // ClientCutText
  ...[6, 0, 0, 0, 255, 255, 255, 254, 3, 3], // its extended form
  ...[4, 1, 0, 0, 0, 0, 0, 3], // KeyEvent
  ...[5, 3, 0, 3, 0, 3], // PointerEvent
  ...[3, 1, 0, 0, 0, 0, 2, 0, 2, 0],
]);

Deno.test("ClientMessages finds the update requests between other messages, however they are cut", () => {
  for (const size of [1, 2, 7, STREAM.length]) {
    const messages = new ClientMessages();
    const found = [];
    for (let at = 0; at < STREAM.length; at += size) found.push(...messages.push(STREAM.subarray(at, at + size)));
    assertEquals(found, [{ isIncremental: false }, { isIncremental: true }]);
  }
});

Deno.test("ClientMessages refuses a message whose length it does not know", () => {
  assertThrows(() => new ClientMessages().push(new Uint8Array([77, 0, 0, 0])), Error, "type 77");
});
