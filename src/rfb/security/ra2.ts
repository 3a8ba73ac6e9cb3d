/** Security types 5, 6, 129 and 130: RSA-AES (rfbproto, "RSA-AES Security Type" and the sections after it). */
import {
  constants,
  createHash,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
  timingSafeEqual,
} from "node:crypto";
import { promisify } from "node:util";
import { checkKey, type ClientKey, getClientKey, type LoginStep, sealStream } from "../login_step.ts";
import { LoginRefused } from "../refusal.ts";
import { concat, read, readU16, readU32, type Script, u16, u32, u8, write } from "../script.ts";
import { TAG_BYTES } from "../aes_eax.ts";
import { MessageOpener, MessageSealer } from "../sealed_messages.ts";
import { demand, type Login } from "./login.ts";

/** The parameters in which the four types differ. */
export interface Ra2Variant {
  /** Hash of the keys and of the randoms. */
  readonly hash: "sha1" | "sha256";
  /** Bytes of the AES key and of each random; rfbproto says 16 for all randoms, but 256-bit servers send 32. */
  readonly keyBytes: 16 | 32;
  /** Whether the session stays encrypted after the login. */
  readonly seals: boolean;
}

const RSA_LEAST_BITS = 1024;
const RSA_MOST_BITS = 8192;
const OUR_RSA_BITS = 2048;
const USERNAME_AND_PASSWORD = 1;
const PASSWORD = 2;
const FIELD_CAP_BYTES = 255;

/** Sends the secret over a channel that is encrypted with keys from both sides. @throws {LoginRefused} */
export function* speakRa2(variant: Ra2Variant, login: Login): Script<void, LoginStep> {
  const theirs = yield* readPublicKey();
  yield* checkKey(theirs.wire);
  const ours = yield* getClientKey();
  yield* write(ours.wire);
  const theirRandom = yield* readRandom(ours, variant.keyBytes);
  const ourRandom = randomBytes(variant.keyBytes);
  const encrypted = encryptRandom(theirs.key, ourRandom);
  yield* write(u16(encrypted.length), encrypted);
  const sealer = new MessageSealer(deriveKey(variant, theirRandom, ourRandom));
  const opener = new MessageOpener(deriveKey(variant, ourRandom, theirRandom));
  let handedOver = false;
  try {
    yield* exchangeHashes(variant, theirs.wire, ours.wire, opener, sealer);
    yield* sendCredentials(login, opener, sealer);
    handedOver = variant.seals;
    if (handedOver) yield* sealStream(opener, sealer);
  } finally {
    if (!handedOver) { for (const end of [opener, sealer]) end.close(); }
  }
}

/** Makes the RSA key that the step `client_key` asks for; the process keeps it as long as it runs. */
export async function makeClientKey(): Promise<ClientKey> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)("rsa", { modulusLength: OUR_RSA_BITS });
  const { n, e } = publicKey.export({ format: "jwk" });
  const [modulus, exponent] = [n, e].map((text) => Uint8Array.fromBase64(text!, { alphabet: "base64url" }));
  return {
    privateKey,
    wire: concat([u32(OUR_RSA_BITS), modulus!, new Uint8Array(modulus!.length - exponent!.length), exponent!]),
  };
}

function* readPublicKey(): Script<{ key: KeyObject; wire: Uint8Array }> {
  const bits = yield* readU32("its RSA key");
  if (bits < RSA_LEAST_BITS || bits > RSA_MOST_BITS) {
    throw new LoginRefused("malformed", `the server announces an RSA key of ${bits} bits`);
  }
  const bytes = Math.ceil(bits / 8);
  const numbers = yield* read(2 * bytes, "its RSA key");
  const [n, e] = [numbers.subarray(0, bytes), numbers.subarray(bytes)].map(encodeJwkNumber);
  try {
    const key = createPublicKey({ key: { kty: "RSA", n: n!, e: e! }, format: "jwk" });
    return { key, wire: concat([u32(bits), numbers]) };
  } catch (cause) {
    throw new LoginRefused("malformed", "the server sends an unusable RSA key", { cause });
  }
}

function encodeJwkNumber(number: Uint8Array): string {
  const first = number.findIndex((byte) => byte !== 0);
  return number.subarray(first < 0 ? number.length : first).toBase64({ alphabet: "base64url", omitPadding: true });
}

function encryptRandom(key: KeyObject, random: Uint8Array): Uint8Array {
  try {
    return publicEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, random);
  } catch (cause) {
    throw new LoginRefused("malformed", "the server sends an unusable RSA key", { cause });
  }
}

/** Reads the server's random; neatvnc drops leading zeros of the encrypted one, about once in 256 logins. */
function* readRandom(ours: ClientKey, bytes: number): Script<Uint8Array> {
  const length = yield* readU16("its random number");
  const cap = OUR_RSA_BITS / 8;
  if (length > cap) throw new LoginRefused("malformed", `the server sends a random number of ${length} bytes`);
  const encrypted = new Uint8Array(cap);
  encrypted.set(yield* read(length, "its random number"), cap - length);
  const random = decryptRandom(ours, encrypted);
  if (random?.length !== bytes) throw new LoginRefused("malformed", "the server sends an unusable random number");
  return random;
}

function decryptRandom(ours: ClientKey, encrypted: Uint8Array): Uint8Array | undefined {
  try {
    return privateDecrypt({ key: ours.privateKey, padding: constants.RSA_PKCS1_PADDING }, encrypted);
  } catch {
    return undefined;
  }
}

function deriveKey(variant: Ra2Variant, first: Uint8Array, second: Uint8Array): Uint8Array {
  return hash(variant, first, second).subarray(0, variant.keyBytes);
}

function hash(variant: Ra2Variant, ...parts: Uint8Array[]): Uint8Array {
  return createHash(variant.hash).update(concat(parts)).digest();
}

/** Reads the server's hash before it sends the gateway's: neatvnc loses one that arrives together with the random. */
function* exchangeHashes(
  variant: Ra2Variant,
  theirs: Uint8Array,
  ours: Uint8Array,
  opener: MessageOpener,
  sealer: MessageSealer,
): Script<void> {
  const expected = hash(variant, theirs, ours);
  const sent = yield* readSealed(opener, expected.length, "its hash of the keys");
  if (!timingSafeEqual(sent, expected)) {
    throw new LoginRefused("untrusted", "the keys were altered between the server and the gateway");
  }
  yield* write(sealer.seal(hash(variant, ours, theirs)));
}

function* sendCredentials(login: Login, opener: MessageOpener, sealer: MessageSealer): Script<void> {
  const [subtype] = yield* readSealed(opener, 1, "its credentials request");
  if (subtype !== USERNAME_AND_PASSWORD && subtype !== PASSWORD) {
    throw new LoginRefused("malformed", `the server asks for unknown credentials (${subtype})`);
  }
  demand(subtype === PASSWORD ? ["password"] : ["username", "password"], login);
  const username = encodeField(subtype === PASSWORD ? "" : login.username!, "user name");
  const password = encodeField(login.password!.reveal(), "password");
  yield* write(sealer.seal(concat([u8(username.length), username, u8(password.length), password])));
}

function encodeField(text: string, what: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= FIELD_CAP_BYTES) return bytes;
  throw new LoginRefused("wrong_secret", `the ${what} is longer than ${FIELD_CAP_BYTES} bytes`);
}

/** Reads one sealed message whose plaintext has exactly `bytes` bytes. */
function* readSealed(opener: MessageOpener, bytes: number, what: string): Script<Uint8Array> {
  const header = yield* read(2, what);
  if ((header[0]! << 8 | header[1]!) !== bytes) throw new LoginRefused("malformed", `${what} has a wrong length`);
  const message = new Uint8Array(bytes);
  opener.open(header, yield* read(bytes + TAG_BYTES, what), message);
  return message;
}
