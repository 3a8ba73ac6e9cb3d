/** Handshakes with strangers, on either side, in bytes that are valid, damaged or noise. The filters have files of their own. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { PortholeError } from "../../../src/errors.ts";
import { openSource } from "../../../src/rfb/handshake.ts";
import { LoginWatch } from "../../../src/rfb/login_watch.ts";
import { LoginRefused } from "../../../src/rfb/refusal.ts";
import { concat, StreamEnded } from "../../../src/rfb/script.ts";
import { MessageOpener, MessageSealer } from "../../../src/rfb/sealed_messages.ts";
import { encodeServerInit, readServerInit } from "../../../src/rfb/server_init.ts";
import { lookAtTls } from "../../../src/rfb/tls_look.ts";
import { admitViewer, greetViewer } from "../../../src/rfb/viewer_side.ts";
import { chunkLengths, damageBytes, FOREIGN, foreignBytes } from "../../fakes/foreign.ts";
import { duel } from "../../fakes/rfb_security/duel.ts";
import { feed } from "../../fakes/rfb_security/feed.ts";
import { type FakeSource, playSource, SERVER_INIT } from "../../fakes/rfb_security/source.ts";
import { cut } from "./cuts.ts";
import { clientKey, key, right, say } from "./handshake_rig.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const secrets = { username: "ada", password: "secret12", key };

/** A login of every kind, as the source and the gateway speak it. */
const LOGINS: readonly FakeSource[] = [
  ...[1, 2, 5, 6, 16, 30, 129, 130].map((type) => ({ types: [type] })),
  { types: [16], subtypes: [129, 1] },
  { types: [16], subtypes: [2] },
  ...[256, 260, 261, 262].map((subtype) => ({ types: [19], subtypes: [subtype] })),
  { types: [1], version: "RFB 003.003" },
  { types: [2], version: "RFB 003.007" },
  { types: [2], password: "another", reason: "no" },
];
const recorded = LOGINS.map((source) =>
  duel(openSource("Pi", right), playSource({ ...secrets, ...source }), { clientKey })
);

Deno.test("a source's handshake ends with a desktop or a named failure, whatever it sends", () => {
  const whole = fc.constantFrom(...recorded.map(({ down }) => down));
  fc.assert(
    fc.property(foreignBytes(whole, 100), (bytes) => {
      const { result, error } = duel(openSource("Pi", right), say(bytes), { clientKey });
      if (error === undefined) assert(result!.serverInit.width > 0 && result!.serverInit.height > 0);
      else assert(error instanceof PortholeError, String(error));
    }),
    FOREIGN,
  );
});

Deno.test("a viewer's handshake ends with an answer or a named failure, whatever it sends", () => {
  const desktop = feed(readServerInit(), SERVER_INIT).result;
  function* admit() {
    return yield* admitViewer(yield* greetViewer(), desktop);
  }
  const valid = fc.constantFrom("RFB 003.008\n\x01\x01", "RFB 003.007\n\x01\0", "RFB 003.003\n\x01").map(encode);
  fc.assert(
    fc.property(foreignBytes(valid, 30), (bytes) => {
      try {
        assertEquals(typeof feed(admit(), bytes).result, "boolean");
      } catch (error) {
        const isNamed = error instanceof PortholeError && error.code === "viewer_malformed";
        assert(isNamed || error instanceof StreamEnded, String(error));
      }
    }),
    FOREIGN,
  );
});

Deno.test("LoginWatch never throws, and comes to the same end in chunks of any length", () => {
  const pair = fc.constantFrom(...recorded).chain(({ down, up }) =>
    fc.tuple(damageBytes(fc.constant(down)), damageBytes(fc.constant(up)))
  );
  fc.assert(
    fc.property(pair, chunkLengths, ([down, up], lengths) => {
      const [once, often] = [watch([down], [up]), watch(cut(down, lengths), cut(up, lengths))];
      assertEquals(often, once);
    }),
    FOREIGN,
  );
});

/** All that came down, then all that came up. */
function watch(down: readonly Uint8Array[], up: readonly Uint8Array[]): string {
  const login = new LoginWatch();
  for (const [side, chunks] of [["down", down], ["up", up]] as const) {
    for (const chunk of chunks) {
      if (chunk.length === 0) continue;
      const state = login.push(side, chunk);
      if (state !== "login") return state;
    }
  }
  return "login";
}

Deno.test("readServerInit() gives what can be encoded again, or a named failure", () => {
  fc.assert(
    fc.property(foreignBytes(fc.constant(SERVER_INIT), 60), (bytes) => {
      try {
        const { result } = feed(readServerInit(), bytes);
        assertEquals(feed(readServerInit(), encodeServerInit(result)).result, result);
      } catch (error) {
        assert(error instanceof StreamEnded || (error instanceof LoginRefused && error.kind === "malformed"));
      }
    }),
    FOREIGN,
  );
});

Deno.test("lookAtTls() ends with a sight or a named failure, whatever answers", () => {
  const hello = [22, 3, 3, 0, 46, 2, 0, 0, 42, 3, 3, ...new Uint8Array(32), 4, 1, 2, 3, 4, 0xc0, 0x2f, 0];
  const certificate = [22, 3, 3, 0, 14, 11, 0, 0, 10, 0, 0, 7, 0, 0, 4, 48, 2, 5, 0];
  const valid = fc.constantFrom([...hello, ...certificate], hello, [21, 3, 3, 0, 2, 2, 40]);
  fc.assert(
    fc.property(foreignBytes(valid), (bytes) => {
      try {
        feed(lookAtTls(), bytes);
      } catch (error) {
        assert(error instanceof StreamEnded || error instanceof PortholeError || error instanceof LoginRefused);
      }
    }),
    FOREIGN,
  );
});

Deno.test("MessageOpener gives a beginning of what was sealed, or a named failure, however the bytes arrive", () => {
  const plain = Uint8Array.from({ length: 700 }, (_, at) => at);
  const key = new Uint8Array(16).fill(7);
  const sealer = new MessageSealer(key);
  const sealed = concat([1, 50, 300, 349].map((length) => sealer.seal(plain.subarray(0, length))));
  sealer.close();
  const expected = concat([1, 50, 300, 349].map((length) => plain.subarray(0, length)));
  fc.assert(
    fc.property(foreignBytes(fc.constant(sealed)), chunkLengths, (bytes, lengths) => {
      const opener = new MessageOpener(key);
      let [at, rest] = [0, new Uint8Array()];
      try {
        for (const chunk of cut(bytes, lengths)) {
          rest = concat([rest, chunk]);
          const { opened, used } = opener.openAll(rest);
          rest = rest.slice(used);
          assertEquals(opened, expected.subarray(at, at + opened.length));
          at += opened.length;
        }
      } catch (error) {
        assert(error instanceof LoginRefused && error.kind === "malformed", String(error));
      } finally {
        opener.close();
      }
    }),
    FOREIGN,
  );
});
