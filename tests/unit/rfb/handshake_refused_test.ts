/** Whatever a source sends instead of a desktop ends with a refusal that names it. */
import { assert, assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { PortholeError } from "../../../src/errors.ts";
import { openSource } from "../../../src/rfb/handshake.ts";
import type { LoginStep } from "../../../src/rfb/login_step.ts";
import type { LoginRefused } from "../../../src/rfb/refusal.ts";
import { concat, type Script, u16, u32, u8 } from "../../../src/rfb/script.ts";
import { SECURITY_TYPES } from "../../../src/rfb/security/table.ts";
import { duel } from "../../fakes/rfb_security/duel.ts";
import { SERVER_INIT } from "../../fakes/rfb_security/source.ts";
import { clientKey, key, peek, refusalOf, right, say } from "./handshake_rig.ts";

const encode = (text: string) => new TextEncoder().encode(text);

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
