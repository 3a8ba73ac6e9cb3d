/** The streams that a login leaves behind: plain, inside TLS, inside RSA-AES. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { createHash } from "node:crypto";
import type { ByteStream } from "../../../src/bridge/byte_stream.ts";
import { createStreamPair } from "../../../src/demo/channel.ts";
import { LoginRefused } from "../../../src/rfb/refusal.ts";
import { makeClientKey } from "../../../src/rfb/security/ra2.ts";
import { logIn } from "../../../src/source/login.ts";
import { createTrust } from "../../../src/source/trust.ts";
import { clientKey, keepPins, leaf, Meeting, pi, read, secrets, write } from "../../fakes/login_meeting.ts";
import { serve } from "../../fakes/rfb_security/serve.ts";
import { cutStream } from "../../fakes/rfb_security/cut_stream.ts";
import { type FakeSource, playSource } from "../../fakes/rfb_security/source.ts";

const x509: FakeSource = { types: [19], subtypes: [262] };
const ra2: FakeSource = { types: [129] };

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

Deno.test("a connection that breaks ends the stream with an error, over TLS and RSA-AES alike", async () => {
  for (const fake of [x509, ra2]) {
    let breaks = false;
    const [near, far] = createStreamPair();
    const served = serve(far, playSource({ ...secrets, ...fake }), leaf);
    const trust = createTrust({ pins: keepPins() });
    const effects = { trust, getClientKey: () => Promise.resolve(clientKey), signal: new AbortController().signal };
    const opened = await logIn(
      change(near, (_piece, controller) => breaks && controller.error(new Error("Connection reset by peer"))),
      pi,
      effects,
    );
    breaks = true;
    const { stream } = await served;
    await write(stream, Uint8Array.of(1));
    await assertRejects(() => opened.stream.readable.getReader().read(), Error, "reset");
    opened.stream.close();
    stream.close();
  }
});

/** The stream with the last bit of each piece flipped while `flips()` says so. */
function flipBits(stream: ByteStream, flips: () => boolean): ByteStream {
  return change(stream, (piece) => {
    if (flips()) piece[piece.length - 1]! ^= 1;
  });
}

type Piece = Uint8Array<ArrayBuffer>;

/** The stream with `alter` applied to each piece. */
function change(
  stream: ByteStream,
  alter: (piece: Piece, controller: TransformStreamDefaultController<Piece>) => void,
): ByteStream {
  const change = new TransformStream<Piece, Piece>({
    transform: (piece, controller) => {
      alter(piece, controller);
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
