import { assertEquals, assertThrows } from "@std/assert";
import { PortholeError } from "../../../src/errors.ts";
import { openSource } from "../../../src/rfb/handshake.ts";
import { concat, type Script, u32, write } from "../../../src/rfb/script.ts";
import { readServerInit } from "../../../src/rfb/server_init.ts";
import { admitViewer, greetViewer } from "../../../src/rfb/viewer_side.ts";
import { duel } from "../../fakes/rfb_security/duel.ts";
import { feed } from "../../fakes/rfb_security/feed.ts";
import { SERVER_INIT } from "../../fakes/rfb_security/source.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const desktop = feed(readServerInit(), SERVER_INIT).result;

function* admit(): Script<boolean> {
  return yield* admitViewer(yield* greetViewer(), desktop);
}

Deno.test("a viewer of each version is let in with what its version expects", () => {
  const rows: [string, number[], string][] = [
    ["RFB 003.003\n", [1], "00000001"],
    ["RFB 003.005\n", [1], "00000001"],
    ["RFB 003.007\n", [1, 0], "0101"],
    ["RFB 003.008\n", [1, 0], "010100000000"],
  ];
  for (const [version, answers, between] of rows) {
    const { wrote, result } = feed(admit(), concat([encode(version), Uint8Array.from(answers)]));
    assertEquals(wrote.toHex(), encode("RFB 003.008\n").toHex() + between + SERVER_INIT.toHex(), version);
    assertEquals(result, answers.at(-1) === 1);
  }
});

/** Refuses a viewer of version 3.8 after the security handshake (RFC 6143 section 7.1.3). */
function* refuse(): Script<void> {
  yield* greetViewer();
  yield* write(u32(1), u32(2), encode("no"));
}

Deno.test("the gateway's own login understands a refusal after the gateway's greeting", () => {
  const { error } = duel(openSource("Pi", { shared: true, proofs: [] }), refuse());
  assertEquals((error as Error).message, "Cannot open Pi: the server refused: “no”");
});

Deno.test("a viewer that answers with something else is refused as malformed", () => {
  for (const reply of ["RFB 003.009\n", "RFB 004.000\n", "GET / HTTP/1", "RFB 003.008\r"]) {
    const error = assertThrows(() => feed(greetViewer(), encode(reply)), PortholeError);
    assertEquals(error.code, "viewer_malformed");
  }
  const error = assertThrows(() => feed(greetViewer(), encode("RFB 003.008\n\x02")), PortholeError);
  assertEquals(error.code, "viewer_malformed");
});
