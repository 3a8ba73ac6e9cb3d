import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { Secret } from "../../../src/config/secret.ts";
import { openSource } from "../../../src/rfb/handshake.ts";
import { type LoginState, LoginWatch } from "../../../src/rfb/login_watch.ts";
import { concat, u16, u32, u8 } from "../../../src/rfb/script.ts";
import { makeClientKey } from "../../../src/rfb/security/ra2.ts";
import type { SpokenVersion } from "../../../src/rfb/version.ts";
import { duel } from "../../fakes/rfb_security/duel.ts";
import { type FakeSource, playSource, SERVER_INIT } from "../../fakes/rfb_security/source.ts";
import { cut } from "./cuts.ts";

type Side = "down" | "up";
type Streams = Readonly<Record<Side, Uint8Array>>;

const [clientKey, key] = await Promise.all([makeClientKey(), makeClientKey()]);
const secrets = { username: "ada", password: "secret12", key };
const encode = (text: string) => new TextEncoder().encode(text);

/** Both directions of a login that the gateway's own script carries out, which noVNC's way equals. */
function recordLogin(source: FakeSource, password = "secret12"): Streams {
  const login = { username: "ada", password: new Secret(password), shared: true, proofs: [] };
  return duel(openSource("Pi", login), playSource({ ...secrets, ...source }), { clientKey });
}

/** All of both directions but the first 24 bytes: the version, which both sides have agreed on. */
function afterVersion({ down, up }: Streams): Streams {
  return { down: down.subarray(12), up: up.subarray(12) };
}

/** Feeds both directions in chunks, in an order that `isUpNext` decides; returns what follows the login. */
function watch({ down, up }: Streams, lengths: readonly number[], isUpNext: () => boolean, version?: SpokenVersion) {
  const login = new LoginWatch(version === undefined ? {} : { version });
  const waiting = { down: cut(down, lengths), up: cut(up, lengths) };
  const after: Record<Side, number[]> = { down: [], up: [] };
  let state: LoginState = "login";
  while (waiting.down.length + waiting.up.length > 0) {
    const side = waiting.down.length === 0 || waiting.up.length > 0 && isUpNext() ? "up" : "down";
    const chunk = waiting[side].shift()!;
    if (state === "over") after[side].push(...chunk);
    if (state !== "login") continue;
    state = login.push(side, chunk);
    if (state !== "over") continue;
    const rest = login.takeRest();
    for (const each of ["down", "up"] as const) after[each].push(...rest[each]);
  }
  return { state, after };
}

function watchWhole(streams: Streams, version?: SpokenVersion) {
  return watch(streams, [1e6], () => false, version);
}

const followed: Record<string, FakeSource> = {
  "3.8 None": { types: [1] },
  "3.8 VNC Authentication": { types: [2] },
  "3.8 RA2ne": { types: [6], asksUsername: true },
  "3.8 Apple Diffie-Hellman": { types: [30] },
  "3.8 Tight without login": { types: [16] },
  "3.8 Tight None": { types: [16], subtypes: [129, 1] },
  "3.8 Tight VNC Authentication": { types: [16], subtypes: [2] },
  "3.8 VeNCrypt Plain": { types: [19], subtypes: [256] },
  "3.7 None": { types: [1], version: "RFB 003.007" },
  "3.7 VNC Authentication": { types: [2], version: "RFB 003.007" },
  "3.7 Tight None": { types: [16], version: "RFB 003.007" },
  "3.3 None": { types: [1], version: "RFB 003.003" },
  "3.3 VNC Authentication": { types: [2], version: "RFB 003.003" },
};

for (const [name, source] of Object.entries(followed)) {
  const version = name.slice(0, 3) as SpokenVersion;

  Deno.test(`LoginWatch finds the exact end of ${name}, however the bytes arrive`, () => {
    const { down, up } = recordLogin(source);
    const bytes = fc.uint8Array({ maxLength: 30 });
    const lengths = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 6 });
    fc.assert(fc.property(bytes, bytes, lengths, fc.infiniteStream(fc.boolean()), (downTail, upTail, sizes, order) => {
      const streams = { down: concat([down, downTail]), up: concat([up, upTail]) };
      const expected = { state: "over" as LoginState, after: { down: [...downTail], up: [...upTail] } };
      const isUpNext = () => order.next().value!;
      assertEquals(watch(streams, sizes, isUpNext), expected);
      assertEquals(watch(afterVersion(streams), sizes, isUpNext, version), expected);
    }));
  });

  Deno.test(`LoginWatch does not mistake a part of ${name} for the whole`, () => {
    const { down, up } = recordLogin(source);
    for (let end = 0; end < down.length; end++) {
      assertEquals(watchWhole({ down: down.subarray(0, end), up }).state, "login", `${end} bytes down`);
    }
    for (let end = 0; end < up.length; end++) {
      assertEquals(watchWhole({ down, up: up.subarray(0, end) }).state, "login", `${end} bytes up`);
    }
  });
}

Deno.test("LoginWatch finds the end of noVNC's XVP, MS-Logon II and Unix login inside Tight", () => {
  const end = [u32(0), SERVER_INIT];
  const unixLogin = [u32(0), u32(1), u32(129), encode("TGHTULGNAUTH")];
  const rows: [down: Uint8Array[], up: Uint8Array[]][] = [
    [[u8(1), u8(22), new Uint8Array(16)], [u8(22), u8(3), u8(4), encode("adapool"), new Uint8Array(16)]],
    [[u8(1), u8(113), new Uint8Array(24)], [u8(113), new Uint8Array(8 + 256 + 64)]],
    [[u8(1), u8(16), ...unixLogin], [u8(16), u32(129), u32(3), u32(4), encode("adapass")]],
  ];
  for (const [down, up] of rows) {
    const capabilities = up[0]![0] === 16 ? [new Uint8Array(8)] : [];
    const streams = { down: concat([...down, ...end, ...capabilities, u8(9)]), up: concat([...up, u8(1), u8(8)]) };
    assertEquals(watchWhole(streams, "3.8"), { state: "over", after: { down: [9], up: [8] } });
  }
});

Deno.test("LoginWatch gives up if the login fails or is unknown", () => {
  const rows: Streams[] = [
    recordLogin({ types: [2], reason: "no" }, "guess"),
    recordLogin({ types: [2], version: "RFB 003.003" }, "guess"),
    recordLogin({ types: [5] }),
    recordLogin({ types: [129] }),
    recordLogin({ types: [19], subtypes: [262] }),
    { down: encode("RFB 003.008\n"), up: encode("GET / HTTP/1") },
    { down: encode("RFB 003.003\n\0\0\0\0"), up: encode("RFB 003.003\n") },
    { down: encode("RFB 003.008\n\x01\x13\0\x02\x01"), up: encode("RFB 003.008\n\x13\0\x02") },
  ];
  const lost = { state: "lost" as LoginState, after: { down: [], up: [] } };
  assertEquals(rows.map((row) => watchWhole(row)), rows.map(() => lost));
});

Deno.test("LoginWatch takes a close for a refusal where the source has the secret, and only there", () => {
  const close = (down: Uint8Array, up: Uint8Array) => {
    const results: (string | undefined)[] = [];
    const login = new LoginWatch({ onResult: (refusal) => results.push(refusal?.kind) });
    login.push("down", down);
    login.push("up", up);
    return [login.end()?.kind, results];
  };
  for (const [name, source] of Object.entries(followed).filter(([name]) => !/None|without/.test(name))) {
    const { down, up } = recordLogin({ ...source, onWrong: "close" }, "guess");
    assertEquals(close(down, up), ["wrong_secret", ["wrong_secret"]], name);
    assertEquals(close(down, up.subarray(0, -1)), [undefined, []], name);
  }
  const { down, up } = recordLogin({ types: [1] });
  assertEquals(close(down, up), [undefined, [undefined]]);
  assertEquals(close(down.subarray(0, 14), up), [undefined, []]);
});

Deno.test("LoginWatch says why the source refused the login", () => {
  for (const [reason, kind] of [["no", "wrong_secret"], ["The server is already in use", "busy"]] as const) {
    const { down, up } = recordLogin({ types: [2], reason }, "guess");
    const login = new LoginWatch();
    login.push("down", down);
    login.push("up", up);
    assertEquals(login.end()?.kind, kind);
    assertMatch(login.end()!.message, new RegExp(`“${reason}”$`));
  }
});

Deno.test("LoginWatch keeps 64 KiB of each direction and no more", () => {
  const cap = 64 * 1024;
  const login = new LoginWatch();
  for (let sent = 0; sent < cap; sent += 1024) assertEquals(login.push("up", new Uint8Array(1024)), "login");
  assertEquals(login.push("up", u8(0)), "lost");
  assertEquals(login.takeRest().up.length, 0);
  assertEquals([login.push("up", new Uint8Array(100)), login.takeRest().up.length], ["lost", 0]);
});

Deno.test("LoginWatch gives up on a length that no login has, and accepts any amount after the login", () => {
  const { down, up } = recordLogin({ types: [1] });
  const endless = concat([down.subarray(0, -8), u32(2 ** 31)]);
  assertEquals(watchWhole({ down: endless, up }).state, "lost");
  const login = new LoginWatch();
  login.push("up", up);
  assertEquals(login.push("down", concat([down, new Uint8Array(200_000)])), "over");
  assertEquals(login.takeRest().down.length, 200_000);
});

Deno.test("LoginWatch never throws, whatever is sent", () => {
  const versions = fc.constantFrom<SpokenVersion | undefined>(undefined, "3.3", "3.7", "3.8");
  const known = fc.constantFrom(0, 1, 2, 6, 16, 19, 22, 30, 113);
  const noise = fc.array(fc.oneof(known, fc.nat(255)), { maxLength: 200 }).map((bytes) => Uint8Array.from(bytes));
  const chunks = fc.array(fc.tuple(fc.constantFrom<Side>("down", "up"), noise), { maxLength: 20 });
  const start: [Side, Uint8Array][] = [["down", encode("RFB 003.008\n")], ["up", encode("RFB 003.008\n")]];
  fc.assert(
    fc.property(versions, fc.boolean(), chunks, (version, isRfb, sent) => {
      const login = new LoginWatch(version === undefined ? {} : { version });
      for (const [side, bytes] of [...(isRfb ? start : []), ...sent]) {
        assert(["login", "over", "lost"].includes(login.push(side, bytes)));
      }
    }),
    { numRuns: 2000 },
  );
});

Deno.test("LoginWatch reads Tight's capabilities after ServerInit", () => {
  const { down, up } = recordLogin({ types: [16] });
  const shorter = down.subarray(0, -32 - 8);
  const more = concat([shorter, u16(0), u16(2), u16(1), u16(0), new Uint8Array(48)]);
  assertEquals(watchWhole({ down: concat([more, u8(7)]), up }).after.down, [7]);
  assertEquals(watchWhole({ down: more.subarray(0, -1), up }).state, "login");
});
