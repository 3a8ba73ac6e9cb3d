import { createCipheriv } from "node:crypto";
import { textToLatin1 } from "./messages.ts";

/** Bytes of the challenge of VNC Authentication (RFC 6143 section 7.2.2). */
export const CHALLENGE_BYTES = 16;

/**
 * The response to the challenge with this password: DES in ECB mode, the bits of each key byte mirrored. Triple DES
 * with three equal keys is single DES, which OpenSSL 3 does not offer by default.
 */
export function answerChallenge(password: string, challenge: Uint8Array): Uint8Array<ArrayBuffer> {
  const key = new Uint8Array(8);
  key.set(textToLatin1(password).subarray(0, 8).map(mirrorBits));
  const tripled = Uint8Array.of(...key, ...key, ...key);
  const answer = new Uint8Array(challenge.length);
  for (let at = 0; at < challenge.length; at += 8) {
    const des = createCipheriv("des-ede3-cbc", tripled, new Uint8Array(8)).setAutoPadding(false);
    answer.set(des.update(challenge.subarray(at, at + 8)), at);
    des.final();
  }
  return answer;
}

function mirrorBits(byte: number): number {
  let mirrored = 0;
  for (let bit = 0; bit < 8; bit++) mirrored |= ((byte >> bit) & 1) << (7 - bit);
  return mirrored;
}
