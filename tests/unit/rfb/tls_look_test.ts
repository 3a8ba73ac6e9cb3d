import "reflect-metadata";
import { assertEquals, assertMatch } from "@std/assert";
import { X509CertificateGenerator } from "@peculiar/x509";
import { concat, runScript, type Script, StreamEnded, u16, u8, type WireStep } from "../../../src/rfb/script.ts";
import { lookAtTls } from "../../../src/rfb/tls_look.ts";

const TLS_1_2 = 0x0303;
const ECDHE_RSA = 0xc02f;
const RSA_CBC = 0x002f;
const ANONYMOUS = 0x00a6;

async function makeCertificate(algorithm: RsaHashedKeyGenParams | EcKeyGenParams & { hash: string }) {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]) as CryptoKeyPair;
  const generate = { name: "CN=pi.lan", keys, signingAlgorithm: algorithm, serialNumber: "01" };
  return new Uint8Array((await X509CertificateGenerator.createSelfSigned(generate)).rawData);
}

const rsa = (modulusLength: number) =>
  makeCertificate({
    name: "RSASSA-PKCS1-v1_5",
    hash: "SHA-256",
    modulusLength,
    publicExponent: Uint8Array.of(1, 0, 1),
  });
const [short, long, curve] = await Promise.all([
  rsa(1024),
  rsa(2048),
  makeCertificate({ name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" }),
]);

const u24 = (value: number) => Uint8Array.of(value >> 16, value >> 8, value);
const message = (type: number, body: Uint8Array) => concat([u8(type), u24(body.length), body]);
const record = (type: number, body: Uint8Array) => concat([u8(type), u16(TLS_1_2), u16(body.length), body]);

function hello(version: number, cipher: number): Uint8Array<ArrayBuffer> {
  return message(2, concat([u16(version), new Uint8Array(32), u8(4), new Uint8Array(4), u16(cipher), u8(0)]));
}

function certificates(der: Uint8Array): Uint8Array<ArrayBuffer> {
  return message(11, concat([u24(der.length + 3), u24(der.length), der]));
}

/** What the look finds in the server's bytes; `ended` if they end too early. */
async function look(bytes: Uint8Array): Promise<string | undefined> {
  let at = 0;
  const perform = (step: WireStep): Promise<unknown> => {
    if (step.do === "write") return Promise.resolve();
    if (at + step.bytes > bytes.length) return Promise.reject(new StreamEnded(step.what));
    return Promise.resolve(bytes.slice(at, at += step.bytes));
  };
  return await runScript(lookAtTls(), perform).then(({ obstacle }) => obstacle, (error) => {
    if (error instanceof StreamEnded) return "ended";
    throw error;
  });
}

const flights: [string, Uint8Array, RegExp | undefined][] = [
  [
    "a short RSA key",
    record(22, concat([hello(TLS_1_2, ECDHE_RSA), certificates(short)])),
    /RSA key of 1024 bits.*X509Key/,
  ],
  ["TLS 1.0", record(22, hello(0x0301, RSA_CBC)), /TLS 1\.0 at most.*update/],
  ["TLS 1.1", record(22, hello(0x0302, RSA_CBC)), /TLS 1\.1 at most/],
  [
    "anonymous TLS",
    record(22, concat([hello(TLS_1_2, ANONYMOUS), message(12, new Uint8Array(9))])),
    /without a certificate only.*tls-creds-x509/,
  ],
  ["old ciphers", record(22, concat([hello(TLS_1_2, RSA_CBC), certificates(long)])), /none of the ciphers/],
  ["no certificate at all", record(22, concat([hello(TLS_1_2, ECDHE_RSA), certificates(new Uint8Array())])), /unknown/],
  ["nothing wrong, RSA", record(22, concat([hello(TLS_1_2, ECDHE_RSA), certificates(long)])), undefined],
  ["nothing wrong, ECDSA", record(22, concat([hello(TLS_1_2, 0xc02b), certificates(curve)])), undefined],
  ["an alert", record(21, Uint8Array.of(2, 40)), undefined],
  ["another protocol", new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n"), undefined],
];

for (const [name, bytes, words] of flights) {
  Deno.test(`lookAtTls() sees ${name}, in records of any size, and no further than the bytes go`, async () => {
    const seen = await look(bytes);
    if (words) assertMatch(seen!, words);
    else assertEquals(seen, undefined);
    for (let end = 0; end < bytes.length && bytes[0] === 22; end += 13) {
      const part = bytes.subarray(5, end);
      if (end > 5) assertEquals([seen, "ended"].includes(await look(record(22, part))), true, `${end} bytes`);
    }
    if (bytes[0] !== 22) return;
    const pieces = [...bytes.subarray(5)].map((byte) => record(22, u8(byte)));
    assertEquals(await look(concat(pieces)), seen);
  });
}

Deno.test("lookAtTls() reads a limited number of bytes, whatever a server sends", async () => {
  const endless = concat(Array.from({ length: 20 }, () => record(22, new Uint8Array(16_000).fill(0xff))));
  assertEquals(await look(endless), undefined);
});

Deno.test("lookAtTls() sends a ClientHello whose lengths agree", () => {
  const script: Script<unknown> = lookAtTls();
  const { value } = script.next();
  const bytes = (value as Extract<WireStep, { do: "write" }>).bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  assertEquals([bytes[0], view.getUint16(3), view.getUint16(7)], [22, bytes.length - 5, bytes.length - 9]);
});
