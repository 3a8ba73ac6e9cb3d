import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { makeCa, makeLeaf, type Signed } from "../../../src/tls/ca.ts";
import { CertificateError } from "../../../src/tls/certificate.ts";
import { createFileReader } from "../../../src/files/file_reader.ts";
import { createFileCertificate } from "../../../src/tls/files.ts";
import { createManualEvery } from "../../fakes/manual_every.ts";

const DAY_MS = 86_400_000;
const NOW = Date.parse("2030-01-01T00:00:00Z");
const ca = await makeCa({ host: "gate", names: [], nowMs: NOW });
const sign = () => makeLeaf({ ca, names: ["localhost"], nowMs: NOW });
const [first, second] = [await sign(), await sign()];

/** Two files to spoil. */
function createRig(pair: Signed = first) {
  const folder = Deno.makeTempDirSync();
  const clock = createManualEvery();
  const messages: string[] = [];
  const rig = {
    cert: `${folder}/site.crt`,
    key: `${folder}/site.key`,
    clock,
    messages,
    nowMs: NOW,
    write({ cert, key }: Partial<Signed>) {
      if (cert !== undefined) Deno.writeTextFileSync(rig.cert, cert);
      if (key !== undefined) Deno.writeTextFileSync(rig.key, key);
    },
    open: () =>
      createFileCertificate({
        cert: rig.cert,
        key: rig.key,
        now: () => rig.nowMs,
        every: clock.every,
        tell: (_level, message) => messages.push(message),
      }),
    [Symbol.dispose]: () => Deno.removeSync(folder, { recursive: true }),
  };
  rig.write(pair);
  return rig;
}

Deno.test("createFileCertificate() returns the files unchanged, including the chain", async () => {
  using rig = createRig({ cert: first.cert + ca.cert, key: first.key });
  const source = await rig.open();
  assertEquals(source.current.cert, first.cert + ca.cert);
  assertEquals(source.current.key, first.key);
  assertEquals(source.current.caPem, undefined);
  source.close();
  assertEquals(rig.clock.running(), 0);
});

Deno.test("createFileCertificate() names the file and the fault", async () => {
  const faults: [string, (rig: ReturnType<typeof createRig>) => void][] = [
    ["Cannot read the certificate", (rig) => Deno.removeSync(rig.cert)],
    ["site.key: no such file", (rig) => Deno.removeSync(rig.key)],
    ["site.crt is not a PEM certificate", (rig) => rig.write({ cert: "nonsense" })],
    ["site.crt is not a PEM certificate", (rig) => rig.write({ cert: first.key })],
    ["site.crt is a damaged PEM certificate", (rig) => rig.write({ cert: first.cert.replace(/M\w/, "AA") })],
    ["site.key is not a PEM private key", (rig) => rig.write({ key: first.cert })],
    ["site.key is a damaged PEM private key", (rig) => rig.write({ key: first.key.replace(/M\w/, "AA") })],
    ["passphrase", (rig) => rig.write({ key: first.key.replaceAll("PRIVATE", "ENCRYPTED PRIVATE") })],
    ["site.key is not the key of", (rig) => rig.write({ key: second.key })],
  ];
  for (const [message, spoil] of faults) {
    using rig = createRig();
    spoil(rig);
    const error = await assertRejects(() => rig.open(), CertificateError);
    assertStringIncludes(error.message, message);
    assert(!error.message.includes(first.key.slice(40, 60)));
    assertEquals(rig.clock.running(), 0);
  }
});

Deno.test("createFileCertificate() leaves no reading under way when a file is missing", async () => {
  let underWay = 0;
  const reader = createFileReader();
  const read = async (path: string, maxBytes: number) => {
    underWay++;
    return await reader.read(path, maxBytes).finally(() => underWay--);
  };
  for (const missing of ["cert", "key"] as const) {
    using rig = createRig();
    Deno.removeSync(rig[missing]);
    await assertRejects(() => createFileCertificate({ ...rig, reader: { ...reader, read } }), CertificateError);
    assertEquals(underWay, 0);
  }
});

Deno.test("createFileCertificate() publishes a renewed pair once both files match", async () => {
  using rig = createRig();
  const source = await rig.open();
  const published: string[] = [];
  source.subscribe((pair) => published.push(pair.cert));
  await rig.clock.tick();
  rig.write({ cert: second.cert });
  await rig.clock.tick();
  assertEquals([published.length, source.current.cert, rig.messages.length], [0, first.cert, 0]);
  rig.write({ key: second.key });
  await rig.clock.tick();
  await rig.clock.tick();
  assertEquals(published, [second.cert]);
  assertEquals(source.current.key, second.key);
  source.close();
});

Deno.test("createFileCertificate() keeps the old pair while a file is broken or missing, and warns once", async () => {
  using rig = createRig();
  const source = await rig.open();
  Deno.removeSync(rig.key);
  for (let looks = 0; looks < 5; looks++) await rig.clock.tick();
  assertEquals(rig.messages.length, 1);
  assertStringIncludes(rig.messages[0]!, "Keeping the old certificate: Cannot read the key");
  assertEquals(source.current.key, first.key);
  rig.write(second);
  await rig.clock.tick();
  assertEquals(source.current.key, second.key);
  source.close();
});

Deno.test("createFileCertificate() uses an expired or not yet valid certificate, with a warning", async () => {
  for (const [days, message] of [[500, "expired on"], [-5, "not valid before"]] as const) {
    using rig = createRig();
    rig.nowMs = NOW + days * DAY_MS;
    const source = await rig.open();
    assertEquals(source.current.cert, first.cert);
    assertStringIncludes(rig.messages.join(), message);
    source.close();
  }
});

Deno.test("a listener that has unsubscribed is not called", async () => {
  using rig = createRig();
  const source = await rig.open();
  let heard = 0;
  const stop = source.subscribe(() => heard++);
  source.subscribe(() => heard += 10);
  stop();
  rig.write(second);
  await rig.clock.tick();
  assertEquals(heard, 10);
  source.close();
});

Deno.test("createFileCertificate() takes one file that contains certificates and key, in any order", async () => {
  for (const text of [first.key + first.cert + ca.cert, first.cert + first.key + ca.cert]) {
    using rig = createRig({ cert: text, key: text });
    const source = await rig.open();
    assertEquals([source.current.cert, source.current.key], [first.cert + ca.cert, first.key]);
    source.close();
  }
});
