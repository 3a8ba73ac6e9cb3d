import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { createHash, X509Certificate } from "node:crypto";
import { ByteQueue } from "../../../src/bridge/byte_queue.ts";
import type { ByteStream } from "../../../src/bridge/byte_stream.ts";
import { PortholeError } from "../../../src/errors.ts";
import { logInAhead } from "../../../src/source/logged_in_ahead.ts";
import { type LoggedIn, logIn, peekAll, peekVersion } from "../../../src/source/login.ts";
import type { LoginSource } from "../../../src/source/login_runner.ts";
import type { PinStore } from "../../../src/source/pins.ts";
import { createTrust } from "../../../src/source/trust.ts";
import { watchOffer } from "../../../src/source/watch_offer.ts";
import { Secret } from "../../../src/config/secret.ts";
import { createStreamPair } from "../../../src/demo/channel.ts";
import { LoginRefused, type RefusalKind } from "../../../src/rfb/refusal.ts";
import { makeClientKey } from "../../../src/rfb/security/ra2.ts";
import { makeCa, makeLeaf } from "../../../src/tls/ca.ts";
import { cutStream, randomSizes } from "../../fakes/rfb_security/cut_stream.ts";
import { serve, type Served } from "../../fakes/rfb_security/serve.ts";
import { type FakeSource, playSource, type Seen, SERVER_INIT } from "../../fakes/rfb_security/source.ts";

const DAY_MS = 86_400_000;
const nowMs = Date.now();
const ca = await makeCa({ host: "test", names: ["pi.test"], nowMs });
const other = await makeCa({ host: "other", names: ["pi.test"], nowMs });
const leaf = await makeLeaf({ ca, names: ["pi.lan"], nowMs });
const [clientKey, rsaKey, rsaKey2] = await Promise.all([makeClientKey(), makeClientKey(), makeClientKey()]);
const fingerprint = createHash("sha256").update(new X509Certificate(leaf.cert).raw).digest("hex");
const keyFingerprint = createHash("sha256").update(rsaKey.wire).digest("hex");

const secrets = { username: "ada", password: "secret12", key: rsaKey };
const pi: LoginSource = {
  name: "pi",
  title: "Pi",
  target: { kind: "tcp", hostname: "pi.lan", port: 5900 },
  username: "ada",
  password: new Secret("secret12"),
  shared: true,
};

function keepPins(entries: [string, string][] = []): PinStore & { readonly kept: Map<string, string> } {
  const kept = new Map(entries);
  return {
    kept,
    get: (name) => Promise.resolve(kept.get(name)),
    keepFirst: (name, fingerprint) => {
      const pin = kept.get(name) ?? fingerprint;
      const isFirst = !kept.has(name);
      kept.set(name, pin);
      return Promise.resolve({ pin, isFirst });
    },
  };
}

interface Setup {
  readonly source?: Partial<LoginSource>;
  readonly pins?: PinStore;
  readonly cut?: () => number;
  readonly now?: number;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly pair?: typeof leaf;
}

/** One login of the gateway against a source played in this process. */
class Meeting implements AsyncDisposable {
  readonly near: ByteStream;
  readonly far: Promise<Served<Seen | undefined> | undefined>;
  readonly #far: ByteStream;
  readonly #setup: Setup;
  opened: LoggedIn | undefined;
  closed = false;

  constructor(fake: FakeSource, setup: Setup = {}) {
    const [near, far] = createStreamPair();
    this.#far = far;
    this.#setup = setup;
    const counted = { ...near, close: () => (this.closed = true, near.close()) };
    this.near = setup.cut ? cutStream(counted, setup.cut) : counted;
    this.far = serve(far, playSource({ ...secrets, ...fake }), setup.pair ?? leaf).catch(() => undefined);
  }

  async logIn(): Promise<LoggedIn> {
    const { source, pins = keepPins(), now = nowMs, ...limits } = this.#setup;
    const trust = createTrust({ pins, now: () => now });
    const signal = limits.signal ?? new AbortController().signal;
    const effects = { trust, getClientKey: () => Promise.resolve(clientKey), timeoutMs: 5_000, ...limits, signal };
    return this.opened = await logIn(this.near, { ...pi, ...source }, effects);
  }

  async refuse(kind: RefusalKind): Promise<LoginRefused> {
    const error = await assertRejects(() => this.logIn(), LoginRefused);
    assertEquals(error.kind, kind, error.message);
    assert(error.message.startsWith("Cannot open Pi: "), error.message);
    assert(this.closed, "the stream is closed");
    return error;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.opened?.stream.close();
    this.near.close();
    this.#far.close();
    (await this.far)?.stream.close();
  }
}

async function write(stream: ByteStream, bytes: Uint8Array): Promise<void> {
  const writer = stream.writable.getWriter();
  await writer.write(bytes).finally(() => writer.releaseLock());
}

async function read(stream: ByteStream, bytes: number): Promise<Uint8Array> {
  const reader = stream.readable.getReader({ mode: "byob" });
  const { value } = await reader.read(new Uint8Array(bytes), { min: bytes });
  reader.releaseLock();
  return value!;
}

/** Bytes cross both ways, unharmed and with nothing lost between ServerInit and them. */
async function assertCarries(meeting: Meeting): Promise<void> {
  const bytes = Uint8Array.from({ length: 30_011 }, (_, at) => at * 31);
  const far = (await meeting.far)!.stream;
  const near = meeting.opened!.stream;
  const [down, up] = await Promise.all([
    read(near, bytes.length),
    read(far, bytes.length),
    write(far, bytes),
    write(near, bytes),
  ]);
  assertEquals(down, bytes);
  assertEquals(up, bytes);
}

const types: [string, FakeSource, boolean][] = [
  ["None", { types: [1] }, false],
  ["VNC Authentication", { types: [2], version: "RFB 003.003" }, false],
  ["RSA-AES", { types: [5] }, true],
  ["RSA-AES unencrypted", { types: [6] }, false],
  ["RSA-AES-256", { types: [129], asksUsername: true }, true],
  ["Tight VNC Authentication", { types: [16], subtypes: [2] }, false],
  ["Apple Diffie-Hellman", { types: [30] }, false],
  ["VeNCrypt Plain", { types: [19], subtypes: [256] }, false],
  ["VeNCrypt X509None", { types: [19], subtypes: [260] }, true],
  ["VeNCrypt X509Vnc", { types: [19], subtypes: [261] }, true],
  ["VeNCrypt X509Plain", { types: [19], subtypes: [262] }, true],
];
const cuts: [string, (() => () => number) | undefined][] = [
  ["whole", undefined],
  ["byte by byte", () => () => 1],
  ...[1, 2, 3].map((seed): [string, () => () => number] => [`at random cuts ${seed}`, () => randomSizes(seed, 40)]),
];

for (const [security, fake, encrypted] of types) {
  for (const [how, makeCut] of cuts) {
    Deno.test(`logIn() opens ${security}, fed ${how}, and the stream carries on`, async () => {
      await using meeting = new Meeting(fake, makeCut ? { cut: makeCut() } : {});
      const opened = await meeting.logIn();
      assertEquals([opened.security, opened.encrypted, opened.serverInit], [security, encrypted, SERVER_INIT]);
      assertEquals((await meeting.far)?.result?.shared, 1);
      await assertCarries(meeting);
    });
  }
}

Deno.test("logIn() fails when the stream ends anywhere in the TLS handshake", async () => {
  for (let at = 20; at < 900; at += 61) {
    let left = at;
    await using meeting = new Meeting({ types: [19], subtypes: [262] }, { cut: () => left-- > 0 ? 1 : 0 });
    const error = await assertRejects(() => meeting.logIn(), LoginRefused);
    assert(["refused", "ended", "wrong_secret"].includes(error.kind), `${error.kind} at ${at}`);
  }
});

Deno.test("logIn() fails when it receives garbage instead of TLS", async () => {
  const [near, far] = createStreamPair();
  const bytes = "52464220" + "3030332e3030380a" + "0113" + "0002" + "00" + "01" + "00000106" + "01" + "ff".repeat(64);
  await write(far, Uint8Array.fromHex(bytes));
  const trust = createTrust({ pins: keepPins() });
  const effects = { trust, getClientKey: makeClientKey, signal: new AbortController().signal, timeoutMs: 5_000 };
  const error = await assertRejects(() => logIn(near, pi, effects), LoginRefused);
  assertEquals(error.kind, "refused");
  assertStringIncludes(error.message, "the TLS handshake with the server failed");
  far.close();
});

for (
  const [what, sent, words] of [
    ["at all", "", "the server sent nothing"],
    ["after its version", "524642203030332e3030380a", "did not send its security types"],
    [
      "in TLS",
      "524642203030332e3030380a" + "0113" + "0002" + "00" + "01" + "00000106" + "01",
      "did not send its answer",
    ],
    ["about SecurityResult", "524642203030332e3030380a" + "0101", "did not send its SecurityResult"],
  ]
) {
  Deno.test(`logIn() times out when a source sends nothing ${what}`, async () => {
    const [near, far] = createStreamPair();
    await write(far, Uint8Array.fromHex(sent!));
    const trust = createTrust({ pins: keepPins() });
    const effects = { trust, getClientKey: makeClientKey, signal: new AbortController().signal, timeoutMs: 100 };
    const error = await assertRejects(() => logIn(near, pi, effects), LoginRefused, words);
    assertEquals([error.kind, error.code], ["overdue", "vnc_timeout"]);
    await assertRejects(() => write(far, new Uint8Array(1)), Error, "closed");
    far.close();
  });
}

Deno.test("logIn() rejects with the signal's reason", async () => {
  const abort = new AbortController();
  const [near, far] = createStreamPair();
  const trust = createTrust({ pins: keepPins() });
  const effects = { trust, getClientKey: makeClientKey, signal: abort.signal };
  const login = logIn(near, pi, effects);
  abort.abort(new Error("the viewer left"));
  await assertRejects(() => login, Error, "the viewer left");
  far.close();
});

Deno.test("a refusal never contains the secret, even if the server sends a reason", async () => {
  await using meeting = new Meeting({ types: [2], password: "else", reason: "no" });
  const { message, state, cause } = await meeting.refuse("wrong_secret");
  assert(!JSON.stringify([message, state, String(cause)]).includes("secret12"));
});

Deno.test("peekVersion(), watchOffer() and logIn() follow each other on one stream", async () => {
  await using meeting = new Meeting({ types: [2, 129] });
  const signal = new AbortController().signal;
  const version = await peekVersion(meeting.near, "Pi", { signal });
  assertEquals(version, { spoken: "3.8", announced: "RFB 003.008" });
  const up = new ByteQueue();
  up.push(new TextEncoder().encode("RFB 003.008\n"));
  const { types } = await watchOffer(meeting.near, { up });
  assertEquals(types, [2, 129]);
  const effects = { trust: createTrust({ pins: keepPins() }), getClientKey: () => Promise.resolve(clientKey), signal };
  meeting.opened = await logIn(meeting.near, pi, effects, { version, types: types! });
  assertEquals(meeting.opened.security, "RSA-AES-256");
  await assertCarries(meeting);
});

Deno.test("peekAll() lists the subtypes inside VeNCrypt", async () => {
  await using meeting = new Meeting({ types: [19, 129], subtypes: [262] });
  const offer = await peekAll(meeting.near, "Pi", { signal: new AbortController().signal });
  assertEquals([offer.types, offer.subtypes], [[19, 129], [262]]);
});

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

Deno.test("close() may be called again, and ends both sides of TLS and of RSA-AES", async () => {
  for (const fake of [x509, ra2]) {
    await using meeting = new Meeting(fake);
    const { stream } = await meeting.logIn();
    const far = (await meeting.far)!.stream;
    const ended = far.readable.getReader().read().then(({ done }) => done, () => true);
    stream.close();
    stream.close();
    assert(await ended);
    assert(meeting.closed);
  }
});

Deno.test("the end of a source ends the stream, over TLS and RSA-AES alike, after its last byte", async () => {
  for (const fake of [x509, ra2]) {
    await using meeting = new Meeting(fake);
    const { stream } = await meeting.logIn();
    const far = (await meeting.far)!.stream;
    await write(far, Uint8Array.of(1, 2, 3));
    assertEquals(await read(stream, 3), Uint8Array.of(1, 2, 3));
    far.close();
    const last = await stream.readable.getReader().read().catch(() => ({ done: true }));
    assert(last.done);
  }
});

/** The stream with the last bit of each piece flipped while `flips()` says so. */
function flipBits(stream: ByteStream, flips: () => boolean): ByteStream {
  const change = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform: (piece, controller) => {
      if (flips()) piece[piece.length - 1]! ^= 1;
      controller.enqueue(piece);
    },
  });
  const reader = stream.readable.pipeThrough(change).getReader();
  const readable = new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const { value, done } = await reader.read();
      if (!done) return controller.enqueue(value);
      controller.close();
      controller.byobRequest?.respond(0);
    },
  }) as ByteStream["readable"];
  return { ...stream, readable };
}

Deno.test("an RSA-AES message that was modified in transit ends the stream with an error", async () => {
  let flips = false;
  const [near, far] = createStreamPair();
  const served = serve(far, playSource({ ...secrets, ...ra2 }));
  const trust = createTrust({ pins: keepPins() });
  const signal = new AbortController().signal;
  const effects = { trust, getClientKey: () => Promise.resolve(clientKey), signal };
  const opened = await logIn(flipBits(near, () => flips), pi, effects);
  const { stream } = await served;
  await write(stream, Uint8Array.of(1));
  assertEquals(await read(opened.stream, 1), Uint8Array.of(1));
  flips = true;
  await write(stream, Uint8Array.of(2));
  await assertRejects(() => read(opened.stream, 1), LoginRefused, "cannot be decrypted");
  opened.stream.close();
  stream.close();
});

Deno.test("over TLS, a source must wait while the gateway does not read", async () => {
  let taken = 0;
  const [near, far] = createStreamPair();
  const counted = cutStream(near, () => (taken++, 16 * 1024));
  const served = serve(far, playSource({ ...secrets, ...x509 }), leaf);
  const effects = {
    trust: createTrust({ pins: keepPins() }),
    getClientKey: makeClientKey,
    signal: new AbortController().signal,
  };
  const opened = await logIn(counted, pi, effects);
  const { stream } = await served;
  const bytes = new Uint8Array(16 * 1024 * 1024).map((_, at) => at * 13);
  const writing = write(stream, bytes);
  let before = -1;
  // Quiet for a while: nothing is read any more, though nearly all is still to come.
  while (before !== taken) {
    before = taken;
    for (let turn = 0; turn < 200; turn++) await new Promise((done) => setTimeout(done));
  }
  assert(taken * 16 * 1024 < 2 * 1024 * 1024, `${taken} pieces were read ahead`);
  assertEquals(
    createHash("md5").update(await read(opened.stream, bytes.length)).digest("hex"),
    createHash("md5").update(bytes).digest("hex"),
  );
  await writing;
  opened.stream.close();
  stream.close();
});
