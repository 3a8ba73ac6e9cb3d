import { assertEquals } from "@std/assert";
import { Secret } from "../../../src/config/secret.ts";
import { speakVncAuth } from "../../../src/rfb/security/vnc_auth.ts";
import { makeClientKey } from "../../../src/rfb/security/ra2.ts";
import { feed } from "../../fakes/rfb_security/feed.ts";

/** What the gateway sends when the challenge has come. */
function answerChallenge(challenge: Uint8Array, password: string): Uint8Array {
  const login = { password: new Secret(password), shared: true, proofs: [] };
  return feed(speakVncAuth(login), challenge).wrote;
}

Deno.test("speakVncAuth() answers with DES under the password with the bits of each byte reversed", () => {
  // The worked example of J. O. Grabbe: key 133457799BBCDFF1, 0123456789ABCDEF becomes 85E813540F0AB405.
  const password = String.fromCharCode(0xc8, 0x2c, 0xea, 0x9e, 0xd9, 0x3d, 0xfb, 0x8f);
  const challenge = Uint8Array.fromHex("0123456789abcdef".repeat(2));
  assertEquals(answerChallenge(challenge, password).toHex(), "85e813540f0ab405".repeat(2));
});

Deno.test("speakVncAuth() encrypts each half by itself, and takes 8 characters of the password", () => {
  const zeros = answerChallenge(new Uint8Array(16), "");
  // FIPS 81 and SP 800-17: the zero block under the zero key.
  assertEquals(zeros.toHex(), "8ca64de9c1b123a7".repeat(2));
  const challenge = Uint8Array.from({ length: 16 }, (_, at) => at);
  assertEquals(answerChallenge(challenge, "secret12"), answerChallenge(challenge, "secret12 and more"));
  assertEquals(answerChallenge(challenge, "short").length, 16);
});

Deno.test("makeClientKey() makes a 2048-bit key with both numbers as long as the modulus", async () => {
  const { wire } = await makeClientKey();
  assertEquals(wire.length, 4 + 256 + 256);
  assertEquals(wire.subarray(0, 4).toHex(), "00000800");
  assertEquals(wire.subarray(-4).toHex(), "00010001");
  assertEquals(wire[4]! & 0x80, 0x80);
});
