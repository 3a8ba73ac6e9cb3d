import { assert, assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { Secret } from "../../../src/config/secret.ts";
import { PortholeError } from "../../../src/errors.ts";
import { type Offer, type OpenSource, openSource, peekInside, peekTypes } from "../../../src/rfb/handshake.ts";
import type { LoginStep } from "../../../src/rfb/login_step.ts";
import { LoginRefused } from "../../../src/rfb/refusal.ts";
import { concat, type Script, u16, u32, u8, write } from "../../../src/rfb/script.ts";
import type { Login } from "../../../src/rfb/security/login.ts";
import type { ContainerType, Inside } from "../../../src/rfb/security/security_type.ts";
import { SECURITY_TYPES } from "../../../src/rfb/security/table.ts";
import { makeClientKey } from "../../../src/rfb/security/ra2.ts";
import { encodeServerInit } from "../../../src/rfb/server_init.ts";
import { readVersion } from "../../../src/rfb/version.ts";
import { duel, type Outcome } from "../../fakes/rfb_security/duel.ts";
import { type FakeSource, playSource, SERVER_INIT } from "../../fakes/rfb_security/source.ts";

const [clientKey, key] = await Promise.all([makeClientKey(), makeClientKey()]);
const encode = (text: string) => new TextEncoder().encode(text);
const right: Login = { username: "ada", password: new Secret("secret12"), shared: true, proofs: [] };
const wrong: Login = { ...right, password: new Secret("guess") };

interface Row {
  readonly name: string;
  readonly source: FakeSource;
  readonly security: string;
  readonly encrypted?: boolean;
  readonly secret?: boolean;
}

const secrets = { username: "ada", password: "secret12", key };
const rows: Row[] = [
  { name: "None", source: { types: [1] }, security: "None" },
  { name: "VncAuth", source: { types: [2] }, security: "VNC Authentication", secret: true },
  { name: "RA2", source: { types: [5] }, security: "RSA-AES", encrypted: true, secret: true },
  { name: "RA2ne", source: { types: [6], asksUsername: true }, security: "RSA-AES unencrypted", secret: true },
  {
    name: "RA2_256",
    source: { types: [129], asksUsername: true },
    security: "RSA-AES-256",
    encrypted: true,
    secret: true,
  },
  { name: "RA2ne_256", source: { types: [130] }, security: "RSA-AES-256 unencrypted", secret: true },
  { name: "Apple DH", source: { types: [30] }, security: "Apple Diffie-Hellman", secret: true },
  { name: "Tight without login", source: { types: [16] }, security: "Tight None" },
  { name: "Tight None", source: { types: [16], subtypes: [129, 1] }, security: "Tight None" },
  { name: "Tight VncAuth", source: { types: [16], subtypes: [2] }, security: "Tight VNC Authentication", secret: true },
  { name: "VeNCrypt Plain", source: { types: [19], subtypes: [256] }, security: "VeNCrypt Plain", secret: true },
  {
    name: "VeNCrypt VncAuth",
    source: { types: [19, 2], subtypes: [258, 2] },
    security: "VeNCrypt VNC Authentication",
    secret: true,
  },
  { name: "X509None", source: { types: [19], subtypes: [257, 260] }, security: "VeNCrypt X509None", encrypted: true },
  { name: "VeNCrypt Tight", source: { types: [19], subtypes: [16] }, security: "VeNCrypt Tight None" },
  {
    name: "X509Vnc",
    source: { types: [19], subtypes: [261, 258] },
    security: "VeNCrypt X509Vnc",
    encrypted: true,
    secret: true,
  },
  {
    name: "X509Plain",
    source: { types: [19, 129, 5], subtypes: [262] },
    security: "VeNCrypt X509Plain",
    encrypted: true,
    secret: true,
  },
];

/** Version 3.3 knows no types above 2 and no list. */
const versions = [["RFB 003.008", "3.8"], ["RFB 003.889", "3.8"], ["RFB 003.007", "3.7"], [
  "RFB 003.003",
  "3.3",
]] as const;
const matrix = versions.flatMap(([version, spoken]) =>
  rows.filter(({ source }) => spoken !== "3.3" || source.types[0]! <= 2)
    .map((row) => ({ ...row, spoken, source: { ...secrets, ...row.source, version } }))
);

function run(source: FakeSource, login: Login = right, cutDownAt?: number): Outcome<OpenSource> {
  const options = cutDownAt === undefined ? { clientKey } : { clientKey, cutDownAt };
  return duel(openSource("Pi", login), playSource(source), options);
}

function refusalOf({ error }: Outcome<unknown>): LoginRefused {
  assertInstanceOf(error, LoginRefused);
  assert(error.message.startsWith("Cannot open Pi: "), error.message);
  return error;
}

for (const { name, spoken, source, security, encrypted = false, secret = false } of matrix) {
  const label = `${source.version} ${name}`;

  Deno.test(`${label} opens with the right secret`, () => {
    const { result, error, up } = run(source);
    if (!result) throw error;
    assertEquals([result.version.spoken, result.security, result.encrypted], [spoken, security, encrypted]);
    assertEquals(encodeServerInit(result.serverInit), SERVER_INIT);
    if (result.encrypted === false) assertEquals(up.at(-1), 1, "ClientInit asks for a shared session");
  });

  if (secret) {
    Deno.test(`${label} is refused with a wrong secret`, () => {
      const refusal = refusalOf(run({ ...source, reason: "bad\u0007\npassword" }, wrong));
      assertEquals([refusal.kind, refusal.code], ["wrong_secret", "vnc_login_failed"]);
      if (spoken === "3.8") assertStringIncludes(refusal.message, "“bad password”");
      assert(!refusal.message.includes("guess"));
    });

    Deno.test(`${label} means the same when it closes on a wrong secret as when it refuses it`, () => {
      const closed = refusalOf(run({ ...source, onWrong: "close" }, wrong));
      assertEquals([closed.kind, closed.message], ["wrong_secret", refusalOf(run(source, wrong)).message]);
    });

    Deno.test(`${label} is locked out when the server says so`, () => {
      assertEquals(refusalOf(run({ ...source, onWrong: "too_many" }, wrong)).kind, "locked_out");
    });

    Deno.test(`${label} names the missing secret`, () => {
      const refusal = refusalOf(run(source, { shared: true, proofs: [] }));
      assertEquals(refusal.kind, "secret_missing");
      assert(refusal.needs.includes("password"));
    });
  }

  Deno.test(`${label} is busy when it closes after the login`, () => {
    const { kind } = refusalOf(run({ ...source, full: true }));
    assertEquals(kind, security.endsWith("Plain") ? "wrong_secret" : "busy");
  });

  Deno.test(`${label}, cut at any byte, ends with a named refusal`, () => {
    const whole = run(source).down.length;
    // Numbers of RSA-AES and Diffie-Hellman are random, so each cut is a login of its own.
    for (let at = 0; at < whole - (source.types[0] === 16 ? 40 : 0); at += whole > 500 ? 7 : 1) {
      const outcome = run(source, right, at);
      const { kind } = refusalOf(outcome);
      assert(["ended", "wrong_secret", "busy", "malformed"].includes(kind), `${kind} at ${at}`);
    }
  });
}

Deno.test("RA2, cut at every byte, ends with a named refusal", () => {
  const source: FakeSource = { ...secrets, types: [5] };
  const whole = run(source).down.length;
  for (let at = 0; at < whole; at++) refusalOf(run(source, right, at));
});

Deno.test("a source with a colour map is asked for true colour, and the viewer gets that format", () => {
  const format = Uint8Array.of(8, 8, 0, 0, 0, 7, 0, 7, 0, 3, 0, 3, 6, 0, 0, 0);
  const serverInit = concat([SERVER_INIT.subarray(0, 4), format, SERVER_INIT.subarray(20)]);
  const { result, up } = run({ ...secrets, types: [1], serverInit });
  assertEquals([result?.hasColourMap, encodeServerInit(result!.serverInit)], [true, SERVER_INIT]);
  assertEquals(up.slice(-20), concat([new Uint8Array(4), SERVER_INIT.subarray(4, 20)]));
  assertEquals(run({ ...secrets, types: [1] }).result?.hasColourMap, false);
});

Deno.test("neatvnc 0.5's answer to a wrong password, an OK followed by garbage, means a wrong password", () => {
  const source: FakeSource = { ...secrets, types: [19], subtypes: [262], onWrong: "garbage" };
  assertEquals(refusalOf(run(source, wrong)).kind, "wrong_secret");
});

/** A source that sends only these bytes. */
function* say(...parts: Uint8Array[]): Script<void> {
  yield* write(...parts);
}

function hear(script: Script<unknown, LoginStep>, ...parts: Uint8Array[]): LoginRefused {
  return refusalOf(duel(script, say(...parts), { clientKey }));
}

const v38 = encode("RFB 003.008\n");
const reason = (text: string) => concat([u32(text.length), encode(text)]);

Deno.test("each way in which a server refuses instead of offering types has its own kind", () => {
  const open = () => openSource("Pi", right);
  const saying: [Uint8Array[], string, string][] = [
    [
      [encode("RFB 003.003\n"), u32(0), reason("Too many security failures")],
      "locked_out",
      "“Too many security failures”",
    ],
    [[v38, u8(0), reason("Too many authentication failures")], "locked_out", "is blocking this gateway"],
    [[v38, u8(0), reason("The server is already in use")], "busy", "does not accept another viewer"],
    [[v38, u8(0), reason("Go away\0")], "refused", "“Go away”"],
    [[v38, u8(0), u32(0)], "refused", "gave no reason"],
    [[v38, u8(0)], "refused", "gave no reason"],
    [[v38, u8(0), u32(0xffffffff), encode("x")], "refused", "gave no reason"],
    [[v38], "ended", "before it sent its security types"],
    [[encode("RF")], "ended", "at once"],
    [[v38, u8(1), u8(20)], "no_type", "SASL"],
    [[v38, u8(255), new Uint8Array(255).fill(99)], "no_type", "type 99"],
  ];
  for (const [parts, kind, words] of saying) {
    const refusal = hear(open(), ...parts);
    assertEquals(refusal.kind, kind, words);
    assertStringIncludes(refusal.message, words);
  }
});

Deno.test("a code has the meaning of its list: elsewhere the same number is another type", () => {
  const tightUnixLogin = concat([u32(129), encode("TGHTULGNAUTH")]);
  const saying: [Uint8Array[], string][] = [
    // 129 is RSA-AES-256 in the Security message, and Unix login inside Tight.
    [[v38, u8(1), u8(16), u32(0), u32(1), tightUnixLogin], "Tight Unix login"],
    // The subtypes of VeNCrypt mean nothing outside.
    [[encode("RFB 003.003\n"), u32(262)], "type 262"],
    [[encode("RFB 003.003\n"), u32(256)], "type 256"],
    [[v38, u8(1), u8(19), u8(0), u8(2), u8(0), u8(1), u32(19)], "VeNCrypt type 19"],
  ];
  for (const [parts, words] of saying) {
    const refusal = hear(openSource("Pi", right), ...parts);
    assertEquals(refusal.kind, "no_type", words);
    assertStringIncludes(refusal.message, words);
  }
});

Deno.test("a reason is cut to 200 characters, without control characters", () => {
  const refusal = hear(openSource("Pi", right), v38, u8(0), reason("a\u001b[31m\u202e\r\n" + "b".repeat(1000)));
  assert(refusal.message.length < 260);
  assert(!/[\p{C}]/u.test(refusal.message));
});

Deno.test("oversized lengths are refused before anything is allocated", () => {
  const none = [v38, u8(1), u8(1), u32(0)];
  const tight = [v38, u8(1), u8(16)];
  const rows: Uint8Array[][] = [
    [...none, SERVER_INIT.slice(0, 20), u32(0xffffffff)],
    [...none, SERVER_INIT.slice(0, 20), u32(65_537)],
    [...tight, u32(0xffffffff)],
    [...tight, u32(0), u32(257)],
    [...tight, u32(0), u32(0), u32(0), SERVER_INIT, u16(0xffff), u16(0xffff), u16(0xffff), u16(0)],
    [v38, u8(1), u8(5), u32(0xffffffff)],
    [v38, u8(1), u8(5), u32(1023)],
    [v38, u8(1), u8(5), u32(8193)],
    [v38, u8(1), u8(5), key.wire, u16(257)],
    [v38, u8(1), u8(30), u16(2), u16(513)],
    [v38, u8(1), u8(30), u16(2), u16(63)],
  ];
  for (const [at, parts] of rows.entries()) {
    assertEquals(hear(openSource("Pi", right), ...parts).kind, "malformed", `row ${at}`);
  }
});

Deno.test("a desktop that no viewer could use is refused", () => {
  const none = [v38, u8(1), u8(1), u32(0)];
  for (const change of [{ at: 0, bytes: u16(0) }, { at: 2, bytes: u16(0) }, { at: 4, bytes: u8(24) }]) {
    const init = SERVER_INIT.slice();
    init.set(change.bytes, change.at);
    assertEquals(hear(openSource("Pi", right), ...none, init).kind, "malformed");
  }
});

Deno.test("broken numbers of RSA-AES and Diffie-Hellman are refused", () => {
  const rows: Uint8Array[][] = [
    [v38, u8(1), u8(5), u32(2048), new Uint8Array(512)],
    [v38, u8(1), u8(5), u32(2048), new Uint8Array(512).fill(255)],
    [v38, u8(1), u8(5), key.wire, u16(0)],
    [v38, u8(1), u8(5), key.wire, u16(256), new Uint8Array(256)],
    [v38, u8(1), u8(30), u16(2), u16(64), new Uint8Array(128)],
    [v38, u8(1), u8(30), u16(0), u16(64), new Uint8Array(128).fill(255)],
  ];
  for (const [at, parts] of rows.entries()) {
    const { kind } = hear(openSource("Pi", right), ...parts);
    assert(["malformed", "ended"].includes(kind), `row ${at}: ${kind}`);
  }
});

Deno.test("a shared-flag of 0 goes out when the source says so", () => {
  const { up } = run({ types: [1] }, { ...right, shared: false });
  assertEquals(up.at(-1), 0);
});

function* peek(container: ContainerType): Script<Inside, LoginStep> {
  return yield* peekInside("Pi", yield* peekTypes("Pi", yield* readVersion()), container);
}

Deno.test("peekTypes() and peekInside() list what is offered, and send no secret", () => {
  const { vencrypt, tight } = SECURITY_TYPES;
  function* peekOuter(): Script<Offer> {
    return yield* peekTypes("Pi", yield* readVersion());
  }
  assertEquals(duel(peekOuter(), playSource({ types: [2], version: "RFB 003.003" })).result!.types, [2]);
  const listed = duel(peek(vencrypt), playSource({ types: [19, 129], subtypes: [262, 258] })).result!;
  assertEquals(listed, { container: vencrypt, codes: [262, 258] });
  const logins = duel(peek(tight), playSource({ types: [16], subtypes: [2, 129] })).result!;
  assertEquals(logins, { container: tight, codes: [2, 129] });
});

Deno.test("openSource() goes on after the types", () => {
  const version = { spoken: "3.8", announced: "RFB 003.008" } as const;
  assert(duel(openSource("Pi", right, { version, types: [1] }), say(u32(0), SERVER_INIT)).result);
});

const starts: Uint8Array[] = [
  new Uint8Array(),
  v38,
  encode("RFB 003.003\n"),
  encode("RFB 003.007\n"),
  ...[1, 2, 5, 6, 16, 19, 30, 129, 130].map((type) => concat([v38, u8(1), u8(type)])),
  concat([v38, u8(1), u8(16), u32(0), u32(0)]),
  concat([v38, u8(1), u8(19), u16(2), u8(0), u8(1)]),
  concat([v38, u8(1), u8(5), key.wire]),
  concat([v38, u8(1), u8(1), u32(0)]),
  concat([v38, u8(1), u8(1), u32(0), SERVER_INIT.slice(0, 20)]),
];

Deno.test("whatever a source sends, the login ends with a value or a named failure", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 700 }),
    fc.array(fc.constantFrom(0, 1, 2, 5, 16, 19, 255), { maxLength: 60 }).map((list) => Uint8Array.from(list)),
  );
  fc.assert(
    fc.property(fc.constantFrom(...starts), bytes, fc.boolean(), (start, tail, isProbe) => {
      const script: Script<unknown, LoginStep> = isProbe ? peek(SECURITY_TYPES.vencrypt) : openSource("Pi", right);
      const { error } = duel(script, say(start, tail), { clientKey });
      if (error !== undefined) assertInstanceOf(error, PortholeError);
    }),
    { numRuns: 1500 },
  );
});
