/** The source's side of the handshake for every security type, as a script: it checks what the viewer's side sends. */
import {
  constants,
  createDecipheriv,
  createDiffieHellman,
  createHash,
  createPublicKey,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
} from "node:crypto";
import { answerChallenge } from "../../../src/demo/vnc_auth.ts";
import { type ClientKey, type LoginStep, sealStream, startTls } from "../../../src/rfb/login_step.ts";
import { concat, read, readU16, readU32, readU8, type Script, u16, u32, u8, write } from "../../../src/rfb/script.ts";
import { MessageOpener, MessageSealer } from "../../../src/rfb/sealed_messages.ts";

/** How the source is set up. */
export interface FakeSource {
  /** As sent, without the line end. */
  readonly version?: string;
  /** Types it offers; with 3.3, the one it decides on. */
  readonly types: readonly number[];
  /** Subtypes inside VeNCrypt, or Tight's logins. */
  readonly subtypes?: readonly number[];
  readonly username?: string;
  readonly password?: string;
  /** Its RSA key. */
  readonly key?: ClientKey;
  /** Whether RSA-AES asks for a user name. */
  readonly asksUsername?: boolean;
  /** What it answers to a wrong secret: SecurityResult 1 or 2, garbage in the place of 0, or a close. */
  readonly onWrong?: "fail" | "too_many" | "garbage" | "close";
  readonly reason?: string;
  /** Whether it closes after SecurityResult 0. */
  readonly full?: boolean;
  /** Takes the place of ServerInit. */
  readonly serverInit?: Uint8Array;
}

/** What the source saw. */
export interface Seen {
  readonly version: string;
  readonly path: number[];
  readonly shared: number;
}

/** 640×480, 32 bits per pixel, named "fake". */
export const SERVER_INIT: Uint8Array<ArrayBuffer> = concat([
  u16(640),
  u16(480),
  Uint8Array.of(32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 16, 8, 0, 0, 0, 0),
  u32(4),
  new TextEncoder().encode("fake"),
]);

/** Plays the source up to ServerInit. */
export function* playSource(source: FakeSource): Script<Seen | undefined, LoginStep> {
  yield* write(encode((source.version ?? "RFB 003.008") + "\n"));
  const version = decode(yield* read(12, "version")).trim();
  const type = yield* agreeOnType(source, version);
  const path = [type];
  const right = yield* playType(type, source, path);
  if (!right) return yield* refuse(source, version);
  if (!(path.at(-1) === 1 && version !== "RFB 003.008")) yield* write(u32(0));
  const shared = yield* readU8("ClientInit");
  if (source.full) return;
  yield* write(source.serverInit ?? SERVER_INIT);
  if (path.includes(16)) yield* write(u16(1), u16(1), u16(0), u16(0), new Uint8Array(32));
  return { version, path, shared };
}

function* agreeOnType(source: FakeSource, version: string): Script<number> {
  if (version === "RFB 003.003") {
    yield* write(u32(source.types[0]!));
    return source.types[0]!;
  }
  yield* write(u8(source.types.length), Uint8Array.from(source.types));
  return yield* readU8("type");
}

function* playType(type: number, source: FakeSource, path: number[]): Script<boolean, LoginStep> {
  switch (type) {
    case 1:
      return true;
    case 2:
      return yield* playVncAuth(source);
    case 16:
      return yield* playTight(source, path);
    case 19:
      return yield* playVencrypt(source, path);
    case 30:
      return yield* playAppleDh(source);
    case 256:
      return yield* playPlain(source);
    default:
      return yield* playRa2(type, source);
  }
}

function* refuse(source: FakeSource, version: string): Script<undefined> {
  const reason = version === "RFB 003.008" ? [u32(source.reason?.length ?? 0), encode(source.reason ?? "")] : [];
  if (source.onWrong === "close") return;
  if (source.onWrong === "garbage") return void (yield* write(u32(0), new Uint8Array(40).fill(0xa5)));
  yield* write(u32(source.onWrong === "too_many" ? 2 : 1), ...reason);
}

function* playVncAuth(source: FakeSource): Script<boolean> {
  const challenge = randomBytes(16);
  yield* write(challenge);
  return equal(yield* read(16, "response"), answerChallenge(source.password ?? "", challenge));
}

function* playPlain(source: FakeSource): Script<boolean> {
  const [username, password] = [yield* readU32("ulen"), yield* readU32("plen")];
  const sent = [decode(yield* read(username, "user")), decode(yield* read(password, "password"))];
  return sent[0] === source.username && sent[1] === source.password;
}

function* playTight(source: FakeSource, path: number[]): Script<boolean, LoginStep> {
  const tunnel = concat([u32(0), encode("TGHTNOTUNNEL")]);
  yield* write(u32(1), tunnel);
  if ((yield* readU32("tunnel")) !== 0) return false;
  // Inside VeNCrypt the subtypes are VeNCrypt's, and Tight asks for no login.
  const logins = path.length === 1 ? source.subtypes ?? [] : [];
  const capabilities = logins.map((code) => concat([u32(code), encode("STDVABCDEFGH")]));
  yield* write(u32(capabilities.length), ...capabilities);
  path.push(capabilities.length === 0 ? 1 : yield* readU32("login"));
  return yield* playType(path.at(-1)!, source, path);
}

function* playVencrypt(source: FakeSource, path: number[]): Script<boolean, LoginStep> {
  yield* write(u8(0), u8(2));
  yield* read(2, "version");
  const subtypes = source.subtypes ?? [];
  yield* write(u8(0), u8(subtypes.length), ...subtypes.map(u32));
  const subtype = yield* readU32("subtype");
  path.push(subtype);
  if (subtype < 257) return yield* playType(subtype, source, path);
  yield* write(u8(1));
  yield* startTls();
  return yield* playType({ 260: 1, 261: 2, 262: 256 }[subtype]!, source, path);
}

function* playAppleDh(source: FakeSource): Script<boolean> {
  const bytes = 128;
  const dh = createDiffieHellman(MODP_2.toHex(), "hex", "02", "hex");
  const padLeft = (number: Uint8Array) => concat([new Uint8Array(bytes - number.length), number]);
  yield* write(u16(2), u16(bytes), MODP_2, padLeft(dh.generateKeys()));
  const sealed = yield* read(128, "credentials");
  const secret = padLeft(dh.computeSecret(yield* read(bytes, "key")));
  const key = createHash("md5").update(secret).digest();
  const decipher = createDecipheriv("aes-128-ecb", key, null).setAutoPadding(false);
  const fields = decipher.update(sealed);
  decipher.final();
  const [username, password] = [fields.subarray(0, 64), fields.subarray(64)].map((field) =>
    decode(field).split("\0")[0]
  );
  return username === source.username && password === source.password;
}

function* playRa2(type: number, source: FakeSource): Script<boolean, LoginStep> {
  const ours = source.key!;
  const [hash, keyBytes] = type >= 129 ? ["sha256", 32] as const : ["sha1", 16] as const;
  const digest = (...parts: Uint8Array[]) => createHash(hash).update(concat(parts)).digest();
  yield* write(ours.wire);
  const bits = yield* readU32("key bits");
  const numbers = yield* read(bits / 4, "key");
  const theirs = concat([u32(bits), numbers]);
  const [n, e] = [numbers.subarray(0, bits / 8), numbers.subarray(bits / 8)].map(encodeJwkNumber);
  const key = createPublicKey({ key: { kty: "RSA", n: n!, e: e! }, format: "jwk" });
  const ourRandom = randomBytes(keyBytes);
  const encrypted = publicEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, ourRandom);
  yield* write(u16(encrypted.length), encrypted);
  const sent = yield* read(yield* readU16("random"), "random");
  const theirRandom = privateDecrypt({ key: ours.privateKey, padding: constants.RSA_PKCS1_PADDING }, sent);
  const opener = new MessageOpener(digest(ourRandom, theirRandom).subarray(0, keyBytes));
  const sealer = new MessageSealer(digest(theirRandom, ourRandom).subarray(0, keyBytes));
  let handedOver = false;
  try {
    yield* write(sealer.seal(digest(ours.wire, theirs)));
    const theirHash = yield* openMessage(opener);
    if (!equal(theirHash, digest(theirs, ours.wire))) return false;
    yield* write(sealer.seal(u8(source.asksUsername ? 1 : 2)));
    const fields = yield* openMessage(opener);
    const username = decode(fields.subarray(1, 1 + fields[0]!));
    const password = decode(fields.subarray(2 + fields[0]!));
    handedOver = type === 5 || type === 129;
    if (handedOver) yield* sealStream(opener, sealer);
    return password === source.password && (!source.asksUsername || username === source.username);
  } finally {
    if (!handedOver) { for (const end of [opener, sealer]) end.close(); }
  }
}

function* openMessage(opener: MessageOpener): Script<Uint8Array> {
  const header = yield* read(2, "length");
  const length = header[0]! << 8 | header[1]!;
  const message = new Uint8Array(length);
  opener.open(header, yield* read(length + 16, "message"), message);
  return message;
}

function encodeJwkNumber(number: Uint8Array): string {
  const significant = number.subarray(number.findIndex((byte) => byte !== 0));
  return significant.toBase64({ alphabet: "base64url", omitPadding: true });
}

function encode(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function equal(left: Uint8Array, right: Uint8Array): boolean {
  return left.toHex() === right.toHex();
}

/** The 1024-bit prime of RFC 2409 section 6.2. */
const MODP_2 = Uint8Array.fromHex(
  "ffffffffffffffffc90fdaa22168c234c4c6628b80dc1cd129024e088a67cc74020bbea63b139b22514a08798e3404dd" +
    "ef9519b3cd3a431b302b0a6df25f14374fe1356d6d51c245e485b576625e7ec6f44c42e9a637ed6b0bff5cb6f406b7ed" +
    "ee386bfb5a899fa5ae9f24117c4b1fe649286651ece65381ffffffffffffffff",
);
