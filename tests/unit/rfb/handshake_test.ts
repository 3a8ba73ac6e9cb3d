import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Secret } from "../../../src/config/secret.ts";
import { type Offer, type OpenSource, openSource, peekTypes } from "../../../src/rfb/handshake.ts";
import { concat, type Script, u32 } from "../../../src/rfb/script.ts";
import type { Login } from "../../../src/rfb/security/login.ts";
import { SECURITY_TYPES } from "../../../src/rfb/security/table.ts";
import { encodeServerInit } from "../../../src/rfb/server_init.ts";
import { readVersion } from "../../../src/rfb/version.ts";
import { duel, type Outcome } from "../../fakes/rfb_security/duel.ts";
import { type FakeSource, playSource, SERVER_INIT } from "../../fakes/rfb_security/source.ts";
import { clientKey, key, peek, refusalOf, right, say } from "./handshake_rig.ts";

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

Deno.test("a shared-flag of 0 goes out when the source says so", () => {
  const { up } = run({ types: [1] }, { ...right, shared: false });
  assertEquals(up.at(-1), 0);
});

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
