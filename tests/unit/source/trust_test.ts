import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { createHash, X509Certificate } from "node:crypto";
import { PortholeError } from "../../../src/errors.ts";
import { makeClientKey } from "../../../src/rfb/security/ra2.ts";
import { logInAhead } from "../../../src/source/logged_in_ahead.ts";
import { logIn } from "../../../src/source/login.ts";
import type { LoginSource } from "../../../src/source/login_runner.ts";
import type { PinStore } from "../../../src/source/pins.ts";
import { createTrust } from "../../../src/source/trust.ts";
import { makeCa, makeLeaf } from "../../../src/tls/ca.ts";
import {
  ca,
  clientKey,
  fingerprint,
  keepPins,
  leaf,
  Meeting,
  nowMs,
  pi,
  rsaKey,
  type Setup,
} from "../../fakes/login_meeting.ts";
import type { FakeSource } from "../../fakes/rfb_security/source.ts";

const DAY_MS = 86_400_000;
const other = await makeCa({ host: "other", names: ["pi.test"], nowMs });
const rsaKey2 = await makeClientKey();
const keyFingerprint = createHash("sha256").update(rsaKey.wire).digest("hex");

const x509: FakeSource = { types: [19], subtypes: [262] };
const ra2: FakeSource = { types: [129] };

Deno.test("the first certificate is pinned, the same one is trusted again, and another one is refused before the secret", async () => {
  const pins = keepPins();
  for (const by of ["first_use", "pin"] as const) {
    await using meeting = new Meeting(x509, { pins });
    assertEquals((await meeting.logIn()).identity, { proof: "certificate", fingerprint, by });
  }
  const pair = await makeLeaf({ ca, names: ["pi.lan"], nowMs });
  await using meeting = new Meeting(x509, { pins, pair });
  const { message } = await meeting.refuse("untrusted");
  assertStringIncludes(message, `the server's certificate has changed: expected sha256:${fingerprint}`);
  assertStringIncludes(message, "remove pi from pins.json");
  assertEquals(await meeting.far, undefined, "the source got no credentials");
  assertEquals(pins.kept.get("pi"), fingerprint);
});

Deno.test("a certificate out of date is pinned with a warning, since the pin holds for it as it is", async () => {
  const { raw: bytes } = new X509Certificate(leaf.cert);
  const flaws: (string | undefined)[] = [];
  for (const days of [0, 10_000, -10_000]) {
    const now = () => nowMs + days * DAY_MS;
    const trust = createTrust({ pins: keepPins(), now, onFirstUse: (_name, _found, flaw) => flaws.push(flaw) });
    assertEquals((await trust.judge(pi, { proof: "certificate", bytes })).by, "first_use");
  }
  const day = /^\d{4}-\d{2}-\d{2}$/;
  assertEquals(flaws.map((flaw) => flaw?.replace(/\S+$/, (word) => day.test(word) ? "DAY" : word)), [
    undefined,
    "expired on DAY",
    "is not valid before DAY",
  ]);
});

Deno.test("the first RSA key is pinned, and another one is refused before the secret", async () => {
  const pins = keepPins();
  for (const by of ["first_use", "pin"] as const) {
    await using meeting = new Meeting(ra2, { pins });
    assertEquals((await meeting.logIn()).identity, { proof: "key", fingerprint: keyFingerprint, by });
  }
  await using meeting = new Meeting({ ...ra2, key: rsaKey2 }, { pins });
  assertStringIncludes((await meeting.refuse("untrusted")).message, "make a new key at each start");
});

Deno.test("a login without readable pins is refused, and its connection is closed", async () => {
  const unreadable = () => Promise.reject(new PortholeError("internal", "Cannot read pins.json in the data folder"));
  const pins: PinStore = { get: unreadable, keepFirst: unreadable };
  for (const start of [logIn, logInAhead]) {
    await using meeting = new Meeting(x509, { pins });
    const effects = { trust: createTrust({ pins }), getClientKey: () => Promise.resolve(clientKey) };
    const { signal } = new AbortController();
    await assertRejects(() => start(meeting.near, pi, { ...effects, signal }), PortholeError, "Cannot read pins.json");
    assert(meeting.closed, "the stream is closed");
  }
});

Deno.test("a source that once proved its identity must always prove it", async () => {
  await using meeting = new Meeting({ types: [2, 1] }, { pins: keepPins([["pi", fingerprint]]) });
  await meeting.refuse("untrusted");
});

const own = { ca: ca.cert };
const judged: [string, LoginSource["tls"], Partial<Setup>, string][] = [
  ["the CA is another one", { ca: other.cert }, {}, "not signed by the CA in tls.ca"],
  ["the system trusts no such CA", { serverName: "pi.lan" }, {}, "a CA that this system trusts"],
  ["the name is another one", { ...own, serverName: "nas.lan" }, {}, "was issued for DNS:pi.lan"],
  ["it has expired", own, { now: nowMs + 500 * DAY_MS }, "expired on"],
  ["it is not valid yet", own, { now: nowMs - 5 * DAY_MS }, "is not valid before"],
  [
    "the fingerprint is another one",
    { fingerprint: "0".repeat(64) },
    {},
    "certificate is not the one configured: expected sha256:0000",
  ],
];

for (const [when, tls, setup, words] of judged) {
  Deno.test(`a certificate is refused before the secret when ${when}`, async () => {
    await using meeting = new Meeting(x509, { ...setup, source: { tls: tls! } });
    assertStringIncludes((await meeting.refuse("untrusted")).message, words);
    assertEquals(await meeting.far, undefined, "the source got no credentials");
  });
}

Deno.test("a source with tls is trusted by ca and name, or by fingerprint, and is not pinned", async () => {
  const rows = [
    [own, "ca"],
    [{ ...own, serverName: "pi.lan" }, "ca"],
    [{ fingerprint }, "fingerprint"],
    [{ ...own, fingerprint }, "ca"],
  ] as const;
  for (const [tls, by] of rows) {
    const pins = keepPins();
    await using meeting = new Meeting(x509, { pins, source: { tls } });
    assertEquals((await meeting.logIn()).identity?.by, by);
    assertEquals(pins.kept.size, 0);
  }
  await using meeting = new Meeting(ra2, { source: { tls: { fingerprint: keyFingerprint } } });
  assertEquals((await meeting.logIn()).identity?.by, "fingerprint");
});
