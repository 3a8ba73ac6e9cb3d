/**
 * A look at the TLS of a source, without a handshake: it says why one failed, and harms nobody, while x11vnc lets a client
 * in once a handshake is complete, and asks its user with -accept. Up to TLS 1.2, a server sends its version, cipher and
 * certificate in clear (RFC 5246 section 7.4), so that the look needs no cryptography.
 */
import { type AsymmetricKeyDetails, randomBytes, X509Certificate } from "node:crypto";
import { readU16 } from "./big_endian.ts";
import { concat, read, type Script, u16, u8, write } from "./script.ts";
import { ADVICE } from "./security/advice.ts";

/** The answer of a server to a ClientHello, as far as it matters here. */
interface TlsSight {
  /** 0x0303 is TLS 1.2. */
  readonly version: number;
  readonly cipher: number;
  /** The server's certificate in DER; undefined if the cipher has none. */
  readonly certificate?: Uint8Array;
}

const HANDSHAKE = 22;
const SERVER_HELLO = 2;
const CERTIFICATE = 11;
const TLS_1_2 = 0x0303;
/** Maximum size of a record in bytes (RFC 5246 section 6.2.3), and of all handshake messages that are read. */
const RECORD_CAP_BYTES = 2 ** 14 + 2048;
const SIGHT_CAP_BYTES = 64 * 1024;
const VERSION_NAMES: Readonly<Record<number, string>> = { 0x0300: "SSL 3.0", 0x0301: "TLS 1.0", 0x0302: "TLS 1.1" };

/** The shortest RSA key that the TLS of the runtime verifies. */
const RSA_LEAST_BITS = 2048;
const CURVES: readonly string[] = ["prime256v1", "secp384r1", "secp521r1"];

/** The ciphers of TLS 1.2 that the runtime speaks: ECDHE with AES-GCM or ChaCha20-Poly1305. */
const MODERN_CIPHERS: readonly number[] = [0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8];
/** Others that a server may have: ECDHE and DHE with CBC, RSA key exchange, DSA, and those without a certificate. */
// deno-fmt-ignore
const OLD_CIPHERS: readonly number[] = [
  0xc009, 0xc013, 0xc00a, 0xc014, 0xc023, 0xc027, 0xc024, 0xc028, 0x009e, 0x009f, 0x0033, 0x0039, 0x0067, 0x006b,
  0x009c, 0x009d, 0x002f, 0x0035, 0x003c, 0x003d, 0x000a, 0x0032, 0x0038, 0x0040, 0x006a, 0x00a2,
  0x00a6, 0x00a7, 0x0034, 0x003a, 0x006c, 0x006d, 0xc018, 0xc019,
];
/** RSA with PKCS #1 first: a short key has no room for PSS with SHA-512. */
// deno-fmt-ignore
const SIGNATURES: readonly number[] = [
  0x0401, 0x0501, 0x0601, 0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0201, 0x0203, 0x0402, 0x0202, 0x0804, 0x0805, 0x0806,
];
const GROUPS: readonly number[] = [0x001d, 0x0017, 0x0018, 0x0019, 0x0016, 0x0100, 0x0101];

/** What a look shows. */
export interface TlsLook {
  /** Why TLS with this source fails, and the setting to change; undefined if the look shows no reason. */
  readonly obstacle?: string | undefined;
  /** The certificate in DER, if there is one and it came in clear. */
  readonly certificate?: Uint8Array | undefined;
}

/** Sends a ClientHello and reads the answer up to the certificate. Nothing can follow it. */
export function* lookAtTls(): Script<TlsLook> {
  yield* write(encodeClientHello());
  const sight = yield* readSight();
  return sight ? { obstacle: judge(sight), certificate: sight.certificate } : {};
}

function judge({ version, cipher, certificate }: TlsSight): string | undefined {
  if (version < TLS_1_2) {
    const name = VERSION_NAMES[version] ?? "an old version of TLS";
    return `it speaks ${name} at most, and Porthole TLS 1.2 and newer; update the server or its TLS library`;
  }
  if (!certificate) return `it speaks TLS without a certificate only (anonymous TLS); ${ADVICE.useX509}`;
  const key = judgeKey(certificate);
  if (key) return `${key}; ${ADVICE.renewKey}`;
  if (MODERN_CIPHERS.includes(cipher)) return undefined;
  return "it has none of the ciphers that Porthole speaks (ECDHE with AES-GCM or ChaCha20-Poly1305); update the server " +
    "or its TLS library, or allow those ciphers";
}

function judgeKey(der: Uint8Array): string | undefined {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = readKey(der);
  if (type === "ed25519") return undefined;
  if (type === "rsa") {
    const bits = details?.modulusLength ?? 0;
    return bits >= RSA_LEAST_BITS
      ? undefined
      : `its certificate has an RSA key of ${bits} bits, and Porthole needs ${RSA_LEAST_BITS} or more`;
  }
  const curve = details?.namedCurve ?? "";
  if (type === "ec" && CURVES.includes(curve)) return undefined;
  const kind = type === "ec" ? `elliptic curve ${curve}` : type;
  return `its certificate has a key of a kind that Porthole does not speak (${kind})`;
}

/** The key of a certificate. */
interface CertificateKey {
  readonly asymmetricKeyType?: string | undefined;
  readonly asymmetricKeyDetails?: Pick<AsymmetricKeyDetails, "modulusLength" | "namedCurve"> | undefined;
}

/** Keys of some kinds, such as RSA-PSS, cannot be read. */
function readKey(der: Uint8Array): CertificateKey {
  try {
    return new X509Certificate(der).publicKey;
  } catch {
    return { asymmetricKeyType: "unknown" };
  }
}

/** Reads records until the certificate has come, or something that takes its place; undefined at an alert. */
function* readSight(): Script<TlsSight | undefined> {
  let bytes: Uint8Array = new Uint8Array();
  let hello: Omit<TlsSight, "certificate"> | undefined;
  while (bytes.length < SIGHT_CAP_BYTES) {
    const record = yield* readRecord();
    if (!record) return undefined;
    bytes = concat([bytes, record]);
    for (let message = cutMessage(bytes); message; message = cutMessage(bytes)) {
      bytes = message.rest;
      if (message.type === SERVER_HELLO) hello = readHello(message.body);
      else if (!hello) return undefined;
      else return message.type === CERTIFICATE ? { ...hello, certificate: cutCertificate(message.body) } : hello;
      if (!hello || hello.version < TLS_1_2) return hello;
    }
  }
  return undefined;
}

/** The handshake bytes of the next record; undefined for an alert, and for what is not TLS. */
function* readRecord(): Script<Uint8Array | undefined> {
  const header = yield* read(5, "its TLS answer");
  const length = readU16(header, 3);
  if (header[0] !== HANDSHAKE || length > RECORD_CAP_BYTES) return undefined;
  return yield* read(length, "its TLS answer");
}

function cutMessage(bytes: Uint8Array) {
  const end = bytes.length < 4 ? Infinity : 4 + readU24(bytes, 1);
  if (bytes.length < end) return undefined;
  return { type: bytes[0], body: bytes.subarray(4, end), rest: bytes.subarray(end) };
}

/** U16 version, 32 random bytes, session id with its length, U16 cipher. */
function readHello(body: Uint8Array): Omit<TlsSight, "certificate"> | undefined {
  const cipherAt = 35 + (body[34] ?? 0);
  return body.length < cipherAt + 2 ? undefined : { version: readU16(body, 0), cipher: readU16(body, cipherAt) };
}

/** The first of the certificates, each with a U24 length, after the U24 length of all. */
function cutCertificate(body: Uint8Array): Uint8Array {
  return body.length < 6 ? new Uint8Array() : body.subarray(6, 6 + readU24(body, 3));
}

function readU24(bytes: Uint8Array, at: number): number {
  return bytes[at]! << 16 | readU16(bytes, at + 1);
}

function encodeClientHello(): Uint8Array<ArrayBuffer> {
  const ciphers = concat([...MODERN_CIPHERS, ...OLD_CIPHERS].map(u16));
  const extensions = concat([
    encodeExtension(10, withLength(concat(GROUPS.map(u16)))),
    encodeExtension(11, Uint8Array.of(1, 0)),
    encodeExtension(13, withLength(concat(SIGNATURES.map(u16)))),
    encodeExtension(0xff01, u8(0)),
  ]);
  const body = concat([
    u16(TLS_1_2),
    new Uint8Array(randomBytes(32)),
    u8(0),
    withLength(ciphers),
    Uint8Array.of(1, 0),
    withLength(extensions),
  ]);
  const message = concat([Uint8Array.of(1, 0), withLength(body)]);
  return concat([u8(HANDSHAKE), u16(0x0301), withLength(message)]);
}

function encodeExtension(type: number, content: Uint8Array): Uint8Array<ArrayBuffer> {
  return concat([u16(type), withLength(content)]);
}

/** The bytes after their U16 length. */
function withLength(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return concat([u16(bytes.length), bytes]);
}
