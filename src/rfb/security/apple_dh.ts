/** Security type 30, Apple Diffie-Hellman (rfbproto, "Diffie-Hellman Authentication"). */
import { createCipheriv, createDiffieHellman, createHash, randomBytes } from "node:crypto";
import { LoginRefused } from "../refusal.ts";
import { read, readU16, type Script, write } from "../script.ts";
import { demand, type Login } from "./login.ts";

/** Limits of the prime in bytes; Apple uses 128, neatvnc 256. */
const PRIME_LEAST_BYTES = 64;
const PRIME_MOST_BYTES = 512;
/** Bytes of each half of the credentials, including the zero that ends the text. */
const FIELD_BYTES = 64;

/**
 * Sends user name and password encrypted with a shared secret: safe from eavesdroppers, not from a man in the middle.
 *
 * @throws {LoginRefused}
 */
export function* speakAppleDh(login: Login): Script<void> {
  demand(["username", "password"], login);
  const generator = yield* readU16("its Diffie-Hellman generator");
  const bytes = yield* readU16("its Diffie-Hellman key size");
  if (bytes < PRIME_LEAST_BYTES || bytes > PRIME_MOST_BYTES) {
    throw new LoginRefused("malformed", `the server announces a Diffie-Hellman key of ${bytes} bytes`);
  }
  const prime = yield* read(bytes, "its Diffie-Hellman prime");
  const theirs = yield* read(bytes, "its Diffie-Hellman key");
  const { secret, ours } = agree(prime, generator, theirs);
  const key = createHash("md5").update(secret).digest();
  const cipher = createCipheriv("aes-128-ecb", key, null).setAutoPadding(false);
  const credentials = cipher.update(packCredentials(login.username!, login.password!.reveal()));
  // Without final() Deno keeps the cipher for as long as the process runs.
  cipher.final();
  yield* write(credentials, ours);
}

/** The shared secret and the gateway's public key, both padded to the prime's length: shorter ones would be misread. */
function agree(prime: Uint8Array, generator: number, theirs: Uint8Array): { secret: Uint8Array; ours: Uint8Array } {
  // A prime is odd and as long as announced; node:crypto checks the rest slowly or not at all.
  if (prime[0] === 0 || prime.at(-1)! % 2 === 0 || generator < 2) throw refuseNumbers();
  try {
    const dh = createDiffieHellman(prime, new Uint8Array([generator >> 8, generator]));
    const ours = dh.generateKeys();
    return { secret: padLeft(dh.computeSecret(theirs), prime.length), ours: padLeft(ours, prime.length) };
  } catch (cause) {
    throw refuseNumbers(cause);
  }
}

function refuseNumbers(cause?: unknown): LoginRefused {
  return new LoginRefused("malformed", "the server sends unusable Diffie-Hellman numbers", { cause });
}

/** Both texts in UTF-8, each cut at 63 bytes, ended by a zero and padded with random bytes. */
function packCredentials(username: string, password: string): Uint8Array {
  const fields = new Uint8Array(randomBytes(2 * FIELD_BYTES));
  for (const [at, text] of [username, password].entries()) {
    const { written } = new TextEncoder().encodeInto(
      text,
      fields.subarray(at * FIELD_BYTES, (at + 1) * FIELD_BYTES - 1),
    );
    fields[at * FIELD_BYTES + written] = 0;
  }
  return fields;
}

/** The number, padded to `bytes` with leading zeros. */
function padLeft(number: Uint8Array, bytes: number): Uint8Array {
  const padded = new Uint8Array(bytes);
  padded.set(number, bytes - number.length);
  return padded;
}
