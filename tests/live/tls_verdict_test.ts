/** What a probe says of a server's TLS is what a session gets: no password is needed to find it out. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { makeClientKey } from "../../src/rfb/security/ra2.ts";
import { enterAsNovnc } from "../fakes/novnc_handshake.ts";
import { startFakeRfb } from "../fakes/rfb_server.ts";
import { playSource } from "../fakes/rfb_security/source.ts";
import { ManualTimers } from "../fakes/manual_timers.ts";
import { serve } from "../fakes/rfb_security/serve.ts";
import { waitUntil } from "../fakes/wait_until.ts";
import { asByteStream } from "../fakes/web_stream.ts";
import { openViewer } from "../fakes/web_viewer.ts";
import { startGateway, type TestGateway } from "../fakes/gateway.ts";
import { startOpensslSource, type TlsKind } from "./openssl_source.ts";
import { testWith } from "./programs.ts";

const OLD = "-cipher ALL:@SECLEVEL=0";
const RSA = "-newkey rsa:2048";
const EC = "-newkey ec -pkeyopt ec_paramgen_curve:";

/** Every kind, and what is wrong with it. */
const KINDS: readonly (TlsKind & { readonly wrong?: RegExp; readonly warning?: RegExp })[] = [
  { name: "RSA of 2048 bits", certificate: RSA },
  { name: "RSA of 4096 bits", certificate: "-newkey rsa:4096" },
  { name: "P-256", certificate: `${EC}P-256` },
  { name: "P-384", certificate: `${EC}P-384` },
  { name: "P-521", certificate: `${EC}P-521` },
  { name: "Ed25519", certificate: "-newkey ed25519" },
  { name: "TLS 1.2 only", certificate: RSA, server: "-tls1_2" },
  { name: "TLS 1.3 only", certificate: RSA, server: "-tls1_3" },
  { name: "SHA-1", certificate: `${RSA} -sha1`, server: OLD, warning: /is signed with SHA-1/ },
  { name: "MD5", certificate: `${RSA} -md5`, server: OLD, warning: /is signed with MD5/ },
  { name: "RSA of 1024 bits", certificate: "-newkey rsa:1024", server: OLD, wrong: /RSA key of 1024 bits.*X509Cert/ },
  { name: "RSA of 512 bits", certificate: "-newkey rsa:512", server: OLD, wrong: /RSA key of 512 bits/ },
  {
    name: "RSA of 1024 bits in TLS 1.2",
    certificate: "-newkey rsa:1024",
    server: `${OLD} -tls1_2`,
    wrong: /1024 bits/,
  },
  { name: "secp256k1", certificate: `${EC}secp256k1`, server: OLD, wrong: /elliptic curve secp256k1/ },
  { name: "TLS 1.0", certificate: RSA, server: `${OLD} -tls1`, wrong: /speaks TLS 1\.0 at most/ },
  { name: "TLS 1.1", certificate: RSA, server: `${OLD} -tls1_1`, wrong: /speaks TLS 1\.1 at most/ },
  { name: "anonymous TLS", certificate: RSA, server: "-nocert -tls1_2 -cipher aNULL:@SECLEVEL=0", wrong: /anonymous/ },
  { name: "RSA key exchange", certificate: RSA, server: "-tls1_2 -cipher AES128-SHA", wrong: /none of the ciphers/ },
  { name: "CBC", certificate: RSA, server: "-tls1_2 -cipher ECDHE-RSA-AES128-SHA", wrong: /none of the ciphers/ },
];

function start(port: number, settings: Record<string, unknown> = {}, now = Date.now): Promise<TestGateway> {
  const sources = { pi: { host: "127.0.0.1", port, ...settings } };
  return startGateway(JSON.stringify({ auth: "none", sources }), { now });
}

async function probe({ origin }: TestGateway) {
  return await (await fetch(`${origin}/api/sources/pi/probe`)).json();
}

/** Opens the source in the page, whose user knows the password; undefined if it opens, else the sentence and its code. */
async function open({ wsOrigin }: TestGateway) {
  await using page = openViewer(`${wsOrigin}/ws/vnc/pi`, ["porthole.v1"]);
  page.socket.addEventListener("message", ({ data }) => {
    if (typeof data === "string" && JSON.parse(data).type === "ask") {
      page.send(JSON.stringify({ type: "credentials", password: "secret12" }));
    }
  });
  const opened = await serve(asByteStream(page), enterAsNovnc({ username: "", password: "" })).then(
    () => true,
    () => false,
  );
  if (opened) return undefined;
  await page.closed;
  const { message, code } = page.side.find(({ type }) => type === "goodbye")!;
  return { detail: message, code };
}

for (const kind of KINDS) {
  testWith(["openssl"], `what a probe says of ${kind.name} is what a session gets`, async () => {
    await using source = await startOpensslSource(kind);
    for (const settings of [{}, { password: "secret12" }]) {
      await using gateway = await start(source.port, settings);
      const before = source.fake.accepted;
      const { status, detail, code, warning } = await probe(gateway);
      const connections = source.fake.accepted - before;
      const opened = await open(gateway);
      assertEquals(status === "up" ? undefined : { detail, code }, opened);
      assertEquals(status, kind.wrong ? "down" : "up", detail);
      if (kind.wrong) assertMatch(detail, kind.wrong);
      else {assertMatch(
          warning,
          kind.warning ?? /^its certificate \S+( be)? trusted on first use \(sha256:[0-9a-f]{64}\)$/,
        );}
      if (!("password" in settings)) assertEquals(connections, kind.name === "TLS 1.3 only" ? 2 : 1);
    }
  });
}

testWith(["openssl"], "a probe keeps no pin, and tells of a certificate that has changed since a session", async () => {
  for (const server of ["", "-tls1_2", "-tls1_3"]) {
    await using source = await startOpensslSource({ name: "", certificate: RSA, server });
    const clock = new ManualTimers();
    await using gateway = await start(source.port, {}, clock.now);
    assertEquals((await probe(gateway)).status, "up");
    await source.renew();
    assertEquals(await open(gateway), undefined, "the probe has kept nothing");
    await waitUntil(async () => (await probe(gateway)).sessions === 0, "the end of the session");
    await source.renew();
    clock.pass(60_000);
    const { status, detail, code } = await probe(gateway);
    assertEquals(status, "down");
    assertMatch(detail, /the server's certificate has changed: expected sha256/);
    assertEquals({ detail, code }, await open(gateway) as unknown);
  }
});

testWith(["openssl"], "a fingerprint, a CA or a name that does not fit is found by a probe", async () => {
  await using source = await startOpensslSource({ name: "", certificate: RSA });
  const ca = `${source.folder}/crt`;
  const other = `${source.folder}/other`;
  await Deno.copyFile(ca, other);
  await source.renew();
  const rows: [Record<string, unknown>, RegExp | undefined][] = [
    [{ fingerprint: `sha256:${"a".repeat(64)}` }, /is not the one configured/],
    [{ ca: other }, /is not signed by the CA in tls\.ca/],
    [{ server_name: "pi.lan" }, /is not signed by a CA that this system trusts/],
  ];
  for (const [tls, words] of rows) {
    await using gateway = await start(source.port, { tls });
    const { status, detail, code } = await probe(gateway);
    assertEquals(status, "down");
    assertMatch(detail, words!);
    assertEquals({ detail, code }, await open(gateway) as unknown);
  }
});

const failing: readonly [string, string, Record<string, unknown>][] = [
  ["a short key", "-newkey rsa:1024", {}],
  ["a short key and a password", "-newkey rsa:1024", { password: "secret12" }],
  ["another fingerprint", RSA, { tls: { fingerprint: `sha256:${"a".repeat(64)}` } }],
  ["another fingerprint and a password", RSA, {
    tls: { fingerprint: `sha256:${"a".repeat(64)}` },
    password: "secret12",
  }],
];

for (const [name, certificate, settings] of failing) {
  testWith(["openssl"], `a server that counts connections does not block a gateway because of ${name}`, async () => {
    await using source = await startOpensslSource({ name, certificate, server: OLD });
    const clock = new ManualTimers();
    await using gateway = await start(source.port, settings, clock.now);
    const first = await probe(gateway);
    assertEquals(first.status, "down");
    for (let probes = 0; probes < 8; probes++) {
      clock.pass(3_600_000);
      assertEquals((await probe(gateway)).detail, first.detail);
    }
    assert(source.fake.accepted <= 4, `${source.fake.accepted} connections`);
  });
}

Deno.test("a probe tells of an RSA key that has changed since a session, and keeps none", async () => {
  const keys = await Promise.all([makeClientKey(), makeClientKey(), makeClientKey()]);
  let key = keys[0]!;
  await using server = await startFakeRfb({
    script: async (stream) => {
      const served = await serve(stream, playSource({ types: [129], password: "secret12", key })).catch(() => {});
      await stream.ended;
      served?.stream.close();
    },
  });
  const clock = new ManualTimers();
  await using gateway = await start(server.port, {}, clock.now);
  assertMatch((await probe(gateway)).warning, /^its RSA key will be trusted on first use/);
  key = keys[1]!;
  assertEquals(await open(gateway), undefined);
  await waitUntil(async () => (await probe(gateway)).sessions === 0, "the end of the session");
  key = keys[2]!;
  clock.pass(60_000);
  const { detail, code } = await probe(gateway);
  assertMatch(detail, /the server's RSA key has changed: expected sha256/);
  assertEquals({ detail, code }, await open(gateway) as unknown);
});
