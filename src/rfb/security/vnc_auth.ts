/** Security type 2, VNC Authentication (RFC 6143 section 7.2.2). */
import { createCipheriv } from "node:crypto";
import { concat, read, type Script, write } from "../script.ts";
import { demand, type Login } from "./login.ts";

const CHALLENGE_BYTES = 16;
const BLOCK_BYTES = 8;

/** Answers the server's challenge with the password. @throws {LoginRefused} `secret_missing` */
export function* speakVncAuth(login: Login): Script<void> {
  demand(["password"], login);
  const challenge = yield* read(CHALLENGE_BYTES, "its challenge");
  yield* write(answerChallenge(challenge, login.password!.reveal()));
}

/**
 * The response to a challenge of 16 bytes: the challenge encrypted with DES. The key is the password's first 8
 * characters in Latin-1, each with its bits reversed (RFC 6143 erratum 4951).
 */
function answerChallenge(challenge: Uint8Array, password: string): Uint8Array<ArrayBuffer> {
  const key = Uint8Array.from({ length: BLOCK_BYTES }, (_, at) => reverseBits(password.charCodeAt(at) || 0));
  return concat([
    encryptBlock(key, challenge.subarray(0, BLOCK_BYTES)),
    encryptBlock(key, challenge.subarray(BLOCK_BYTES)),
  ]);
}

function reverseBits(byte: number): number {
  let reversed = 0;
  for (let bit = 0; bit < 8; bit++) reversed |= (byte >> bit & 1) << (7 - bit);
  return reversed;
}

/** DES-ECB of one block as triple DES with three equal keys, since Deno's node:crypto has no des-ecb. */
function encryptBlock(key: Uint8Array, block: Uint8Array): Uint8Array {
  const cipher = createCipheriv("des-ede3-cbc", concat([key, key, key]), new Uint8Array(BLOCK_BYTES));
  const encrypted = cipher.setAutoPadding(false).update(block);
  // Without final() Deno keeps the cipher for as long as the process runs.
  cipher.final();
  return encrypted;
}
