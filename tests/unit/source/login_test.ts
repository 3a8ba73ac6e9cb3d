import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ByteQueue } from "../../../src/bridge/byte_queue.ts";
import { createStreamPair } from "../../../src/demo/channel.ts";
import { LoginRefused } from "../../../src/rfb/refusal.ts";
import { makeClientKey } from "../../../src/rfb/security/ra2.ts";
import { logIn, peekVersion } from "../../../src/source/login.ts";
import { createTrust } from "../../../src/source/trust.ts";
import { watchOffer } from "../../../src/source/watch_offer.ts";
import { clientKey, keepPins, Meeting, pi, read, write } from "../../fakes/login_meeting.ts";
import { randomSizes } from "../../fakes/rfb_security/cut_stream.ts";
import { type FakeSource, SERVER_INIT } from "../../fakes/rfb_security/source.ts";

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
    assert(["tls_failed", "ended", "wrong_secret"].includes(error.kind), `${error.kind} at ${at}`);
  }
});

Deno.test("logIn() fails when it receives garbage instead of TLS", async () => {
  const [near, far] = createStreamPair();
  const bytes = "52464220" + "3030332e3030380a" + "0113" + "0002" + "00" + "01" + "00000106" + "01" + "ff".repeat(64);
  await write(far, Uint8Array.fromHex(bytes));
  const trust = createTrust({ pins: keepPins() });
  const effects = { trust, getClientKey: makeClientKey, signal: new AbortController().signal, timeoutMs: 5_000 };
  const error = await assertRejects(() => logIn(near, pi, effects), LoginRefused);
  assertEquals(error.kind, "tls_failed");
  assertStringIncludes(error.message, "the TLS handshake with the server failed");
  far.close();
});

for (
  const [what, sent, words, kind] of [
    ["at all", "", "the server sent nothing", "overdue"],
    ["after its version", "524642203030332e3030380a", "did not send its security types in time", "unanswered"],
    [
      "in TLS",
      "524642203030332e3030380a" + "0113" + "0002" + "00" + "01" + "00000106" + "01",
      "did not send its answer",
      "overdue",
    ],
    [
      "about SecurityResult",
      "524642203030332e3030380a" + "0101",
      "did not send its SecurityResult in time",
      "unanswered",
    ],
  ]
) {
  Deno.test(`logIn() times out when a source sends nothing ${what}`, async () => {
    const [near, far] = createStreamPair();
    await write(far, Uint8Array.fromHex(sent!));
    const trust = createTrust({ pins: keepPins() });
    const effects = { trust, getClientKey: makeClientKey, signal: new AbortController().signal, timeoutMs: 100 };
    const error = await assertRejects(() => logIn(near, pi, effects), LoginRefused, words);
    assertEquals([error.kind, error.code, error.retry], [kind, "vnc_timeout", kind === "overdue"]);
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
