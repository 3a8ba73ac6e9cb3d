import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { X509Certificate } from "node:crypto";
import { CertificateError, type CertificatePair, type CertificateSource } from "../../../src/tls/certificate.ts";
import { type CertificatesOptions, createCertificates } from "../../../src/tls/keep.ts";
import { createManualEvery } from "../../fakes/manual_every.ts";
import { waitUntil } from "../../fakes/wait_until.ts";

const DAY_MS = 86_400_000;
const START = Date.parse("2030-01-01T00:00:00Z");

/** A data folder with a machine and a clock to turn. */
function createRig() {
  const dataDir = Deno.makeTempDirSync();
  const clock = createManualEvery();
  const messages: string[] = [];
  const rig = {
    dataDir,
    clock,
    messages,
    names: ["localhost", "127.0.0.1"],
    nowMs: START,
    file: (name: string) => `${dataDir}/tls/${name}`,
    open: (options: Partial<CertificatesOptions> = {}): Promise<CertificateSource> =>
      createCertificates({
        dataDir,
        names: () => rig.names,
        host: "gate",
        now: () => rig.nowMs,
        every: clock.every,
        tell: (_level, message) => messages.push(message),
        ...options,
      }),
    [Symbol.dispose]: () => Deno.removeSync(dataDir, { recursive: true }),
  };
  return rig;
}

/** Lets time pass and waits for the renewal that it brings. */
async function renewal(source: CertificateSource, tick: () => Promise<void>): Promise<CertificatePair> {
  const { promise, resolve } = Promise.withResolvers<CertificatePair>();
  const stop = source.subscribe((pair) => {
    stop();
    resolve(pair);
  });
  await tick();
  return await promise;
}

Deno.test("createCertificates() makes a CA and a certificate, which only the owner can read", async () => {
  using rig = createRig();
  const source = await rig.open();
  const { cert, caPem, fingerprint256, caFingerprint256 } = source.current;
  assert(new X509Certificate(cert).verify(new X509Certificate(caPem!).publicKey));
  assertMatch(fingerprint256, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  assertEquals(caFingerprint256, new X509Certificate(caPem!).fingerprint256);
  assertEquals(Deno.statSync(rig.file("")).mode! & 0o777, 0o700);
  const files = [...Deno.readDirSync(rig.file(""))].map(({ name }) => name).sort();
  assertEquals(files, ["ca-copy.crt", "ca-copy.key", "ca.crt", "ca.key", "leaf.crt", "leaf.key"]);
  for (const name of files) assertEquals(Deno.statSync(rig.file(name)).mode! & 0o777, 0o600, name);
  source.close();
});

Deno.test("createCertificates() uses the same CA and certificate at the next start", async () => {
  using rig = createRig();
  const first = await rig.open();
  first.close();
  const second = await rig.open();
  assertEquals(second.current, first.current);
  second.close();
});

Deno.test("createCertificates() renews at two thirds of the certificate's lifetime, with the same CA", async () => {
  using rig = createRig();
  const source = await rig.open();
  const first = source.current;
  rig.nowMs = START + 263 * DAY_MS;
  await rig.clock.tick();
  assertEquals(source.current, first);
  rig.nowMs = START + 264 * DAY_MS;
  const second = await renewal(source, rig.clock.tick);
  assertNotEquals(second.fingerprint256, first.fingerprint256);
  assertEquals(second.caPem, first.caPem);
  assertEquals(source.current, second);
  assert(second.notAfterMs > first.notAfterMs);
  source.close();
  const later = await rig.open();
  assertEquals(later.current, second);
  later.close();
});

Deno.test("createCertificates() renews when there is a new address, and not when one is gone", async () => {
  using rig = createRig();
  const source = await rig.open();
  const first = source.current;
  rig.names = ["localhost"];
  await rig.clock.tick();
  assertEquals(source.current, first);
  rig.names = ["localhost", "192.168.1.9", "2001:DB8::1"];
  const second = await renewal(source, rig.clock.tick);
  assert(new X509Certificate(second.cert).checkIP("192.168.1.9"));
  assert(new X509Certificate(second.cert).checkIP("2001:db8::1"));
  await rig.clock.tick();
  assertEquals(source.current, second);
  source.close();
});

Deno.test("createCertificates() warns once about a name that its CA may not sign", async () => {
  using rig = createRig();
  const source = await rig.open();
  rig.names = ["localhost", "127.0.0.1", "vnc.example.net"];
  await rig.clock.tick();
  await rig.clock.tick();
  const told = rig.messages.filter((message) => message.includes("is not allowed to sign vnc.example.net"));
  assertEquals(told.length, 1);
  source.close();
});

Deno.test("createCertificates() keeps the certificate and warns when it cannot be renewed", async () => {
  using rig = createRig();
  const source = await rig.open();
  const first = source.current;
  rig.names = ["localhost", "192.168.1.9"];
  Deno.removeSync(rig.file(""), { recursive: true });
  Deno.writeTextFileSync(`${rig.dataDir}/tls`, "in the way of the folder");
  await rig.clock.tick();
  await waitUntil(() => rig.messages.some((message) => message.includes("Cannot renew the certificate: Cannot write")));
  assertEquals(source.current, first);
  Deno.removeSync(`${rig.dataDir}/tls`);
  const second = await renewal(source, rig.clock.tick);
  assert(new X509Certificate(second.cert).checkIP("192.168.1.9"));
  source.close();
});

Deno.test("createCertificates() replaces a certificate that is damaged, incomplete or of another CA", async () => {
  using rig = createRig();
  (await rig.open()).close();
  using other = createRig();
  (await other.open()).close();
  const faults: [string, () => void][] = [
    [
      "leaf.crt is a damaged PEM",
      () =>
        Deno.writeTextFileSync(rig.file("leaf.crt"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
    ],
    ["leaf.crt is not a PEM", () => Deno.writeTextFileSync(rig.file("leaf.crt"), "")],
    ["leaf.key is not a PEM", () => Deno.removeSync(rig.file("leaf.key"))],
    ["leaf.key is not the key of", () => Deno.copyFileSync(rig.file("ca.key"), rig.file("leaf.key"))],
    ["leaf.crt was not signed by", () => {
      for (const part of ["leaf.crt", "leaf.key"]) Deno.copyFileSync(other.file(part), rig.file(part));
    }],
  ];
  const before = Deno.readTextFileSync(rig.file("ca.key"));
  for (const [message, spoil] of faults) {
    spoil();
    rig.messages.length = 0;
    const source = await rig.open();
    assertStringIncludes(rig.messages.join("\n"), message);
    const { cert, caPem } = source.current;
    assert(new X509Certificate(cert).verify(new X509Certificate(caPem!).publicKey));
    source.close();
  }
  assertEquals(Deno.readTextFileSync(rig.file("ca.key")), before);
});

Deno.test("createCertificates() restores a broken CA from its copy, and never replaces it by another one", async () => {
  using rig = createRig();
  (await rig.open()).close();
  const kept = ["ca.crt", "ca.key", "ca-copy.crt", "ca-copy.key"].map((name) =>
    [name, Deno.readTextFileSync(rig.file(name))] as const
  );
  const faults: [string, () => void][] = [
    ["ca.key is missing", () => Deno.removeSync(rig.file("ca.key"))],
    ["ca.crt is missing", () => Deno.removeSync(rig.file("ca.crt"))],
    ["ca.crt is not a PEM certificate", () => Deno.writeTextFileSync(rig.file("ca.crt"), "nonsense")],
    ["ca.key is not the key of", () => Deno.copyFileSync(rig.file("leaf.key"), rig.file("ca.key"))],
    ["ca.crt has expired", () => rig.nowMs = START + 3651 * DAY_MS],
  ];
  for (const [message, spoil] of faults) {
    for (const [name, text] of kept) Deno.writeTextFileSync(rig.file(name), text);
    spoil();
    // The copy of an expired CA has expired as well.
    if (message !== "ca.crt has expired") {
      const restored = await rig.open();
      restored.close();
      assertStringIncludes(rig.messages.at(-1)!, message);
      assertStringIncludes(rig.messages.at(-1)!, "The local CA was restored from its copy");
      assertEquals(kept.map(([name]) => Deno.readTextFileSync(rig.file(name))), kept.map(([, text]) => text));
      spoil();
      Deno.truncateSync(rig.file("ca-copy.key"));
    }
    const error = await assertRejects(() => rig.open(), CertificateError, message);
    assertStringIncludes(error.message, "delete ca.crt and ca.key");
    // A backup of an expired CA has expired as well.
    assertEquals(error.message.includes("from a backup"), message !== "ca.crt has expired");
  }
  assertEquals(rig.clock.running(), 0);
});

Deno.test("createCertificates() restricts files that other users can read, and warns", async () => {
  using rig = createRig();
  (await rig.open()).close();
  Deno.chmodSync(rig.file("ca.key"), 0o644);
  Deno.chmodSync(rig.file(""), 0o755);
  const source = await rig.open();
  assertEquals(Deno.statSync(rig.file("ca.key")).mode! & 0o777, 0o600);
  assertEquals(Deno.statSync(rig.file("")).mode! & 0o777, 0o700);
  assertEquals(rig.messages.filter((message) => message.includes("was accessible to other users")).length, 2);
  source.close();
});

Deno.test("createCertificates() names a folder that it cannot create", async () => {
  using rig = createRig();
  Deno.writeTextFileSync(`${rig.dataDir}/file`, "");
  await assertRejects(() => rig.open({ dataDir: `${rig.dataDir}/file` }), CertificateError, "Cannot make the folder");
});

Deno.test("close() stops the renewal", async () => {
  using rig = createRig();
  const source = await rig.open();
  source.close();
  source.close();
  assertEquals(rig.clock.running(), 0);
});

Deno.test("createCertificates() does not leave a timer behind on the real clock", async () => {
  using rig = createRig();
  const source = await createCertificates({ dataDir: rig.dataDir, names: () => ["localhost"] });
  source.close();
});
