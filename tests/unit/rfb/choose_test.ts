import { assertEquals, assertThrows } from "@std/assert";
import { Secret } from "../../../src/config/secret.ts";
import { chooseType, findNeeds } from "../../../src/rfb/choose.ts";
import { describeOffer } from "../../../src/rfb/describe.ts";
import { chooseSpeaker, dropSecureTypes, keepBrowserTypes } from "../../../src/rfb/pass_through.ts";
import { LoginRefused, type Need } from "../../../src/rfb/refusal.ts";
import type { Login, Proof } from "../../../src/rfb/security/login.ts";
import type { ContainerType } from "../../../src/rfb/security/security_type.ts";
import { SECURITY_TYPES } from "../../../src/rfb/security/table.ts";

const { vencrypt } = SECURITY_TYPES;
const password = new Secret("secret12");
const nobody: Login = { shared: true, proofs: [] };
const guest: Login = { ...nobody, password };
const ada: Login = { ...guest, username: "ada" };
const proving = (...proofs: Proof[]): Login => ({ ...ada, proofs });

Deno.test("chooseType() takes the best of the outer types", () => {
  const rows: [Login, number[], number][] = [
    [ada, [2, 19, 129, 5], 19],
    [ada, [30, 5, 129, 2], 129],
    [ada, [2, 5, 6], 5],
    [guest, [6, 2, 130], 130],
    [guest, [1, 2], 1],
    [guest, [30, 2], 2],
    [ada, [30, 2], 30],
    [guest, [2, 16], 2],
    [nobody, [16], 16],
    [nobody, [2, 1], 1],
    [nobody, [129, 1], 1],
    [nobody, [129], 129],
  ];
  for (const [login, offered, code] of rows) assertEquals(chooseType(offered, login).code, code, `${offered}`);
});

Deno.test("chooseType() takes the best VeNCrypt subtype for the known secret, never anonymous TLS", () => {
  const all = [257, 258, 259, 256, 260, 261, 262, 2, 1, 19];
  const rows: [Login, number[], number][] = [
    [ada, all, 262],
    [guest, all, 261],
    [nobody, all, 260],
    [guest, [258, 2], 2],
    [ada, [259, 256], 256],
  ];
  for (const [login, offered, code] of rows) {
    assertEquals(chooseType(offered, login, [vencrypt]).code, code, `${offered}`);
  }
});

Deno.test("chooseType() accepts nothing weaker if the source must prove its identity", () => {
  assertEquals(chooseType([2, 19, 129], proving("certificate")).code, 19);
  assertEquals(chooseType([2, 1, 129], proving("certificate", "key")).code, 129);
  for (const offered of [[1], [2], [16], [30, 2], [129, 5]]) {
    const error = assertThrows(() => chooseType(offered, proving("certificate")), LoginRefused);
    assertEquals(error.kind, "untrusted");
  }
  for (const offered of [[256], [258, 2, 1]]) {
    const error = assertThrows(() => chooseType(offered, proving("certificate"), [vencrypt]), LoginRefused);
    assertEquals(error.kind, "untrusted");
  }
});

Deno.test("chooseType() says which secret is missing", () => {
  const rows: [Login, number[], ContainerType[], string[]][] = [
    [nobody, [2], [], ["password"]],
    [guest, [262], [vencrypt], ["username", "password"]],
    [guest, [30], [], ["username", "password"]],
    [nobody, [261, 2], [vencrypt], ["password"]],
  ];
  for (const [login, offered, within, needs] of rows) {
    const error = assertThrows(() => chooseType(offered, login, within), LoginRefused);
    assertEquals([error.kind, [...error.needs]], ["secret_missing", needs]);
  }
});

Deno.test("chooseType() names the types that the gateway does not speak, and the setting to change", () => {
  const rows: [number[], ContainerType[], string[]][] = [
    [[258], [vencrypt], ["VeNCrypt TLSVnc (anonymous TLS)", "SecurityTypes=X509Vnc", "tls-creds-x509"]],
    [[257, 259], [vencrypt], ["VeNCrypt TLSNone, VeNCrypt TLSPlain (anonymous TLS)", "-ssl"]],
    [[20], [], ["SASL", "password-secret="]],
    [[13, 133], [], ["RSA-AES two-step", "Authentication=VncAuth"]],
    [[113], [], ["MS-Logon II", "UltraVNC", "MSLogonRequired=0", "so that the browser logs in"]],
    [[17, 112, 117], [], ["Ultra, MS-Logon I, type 117 (UltraVNC)", "MSLogonRequired=0 in ultravnc.ini"]],
    [[17, 115], [], ["SecureVNC plugin", "UseDSMPlugin=0 in ultravnc.ini"]],
    [[117, 118], [], ["type 117 (UltraVNC), type 118 (UltraVNC)", "MSLogonRequired=0 and UseDSMPlugin=0"]],
    [[18], [], [
      "TLS (anonymous TLS)",
      "org.gnome.Vino require-encryption false",
      "org.gnome.desktop.remote-desktop.vnc",
    ]],
    [[33, 36], [], ["Apple RSA, Apple SRP", "VNC viewers may control screen with password"]],
    [[35], [], ["Apple Kerberos", "Screen Sharing"]],
    [[31, 32], [], ["type 31 (Apple), type 32 (Apple)", "Screen Sharing"]],
    [[7, 8], [], ["type 7 (RealVNC)", "Authentication=VncAuth"]],
    [[192], [], ["type 192 (RealVNC)", "Authentication=VncAuth"]],
    [[22], [], ["XVP", "so that the browser logs in"]],
    [[129], [SECURITY_TYPES.tight], ["Tight Unix login", "-rfbauth"]],
    [[192], [SECURITY_TYPES.tight], ["Tight type 192", "allow VNC Authentication"]],
    [[265], [vencrypt], ["Ident", "SecurityTypes=X509Vnc"]],
    [[77], [], ["type 77", "allow VNC Authentication"]],
    [[], [vencrypt], ["no security type"]],
  ];
  for (const [offered, within, words] of rows) {
    for (const word of words) {
      const error = assertThrows(() => chooseType(offered, ada, within), LoginRefused, word);
      assertEquals([error.kind, error.of("Pi").message.startsWith("Cannot open Pi: ")], ["no_type", true]);
    }
  }
});

Deno.test("findNeeds() predicts what the login will choose, and why it will be refused", () => {
  const rows: [Login, number[], number[] | undefined, Need[]][] = [
    [nobody, [19, 129], [262], ["username", "password"]],
    [guest, [19, 129], [262, 261], []],
    [nobody, [19, 129], [258, 1], []],
    [nobody, [19], undefined, []],
    [nobody, [30, 129], [], ["password"]],
  ];
  for (const [login, types, subtypes, needs] of rows) {
    const found = catchNeeds(() => findNeeds(types, subtypes && { container: vencrypt, codes: subtypes }, login));
    assertEquals(found, needs, `${types} with ${subtypes}`);
  }
  // The login chooses VeNCrypt, and then it cannot return to VNC Authentication.
  const refusal = assertThrows(
    () => findNeeds([19, 2], { container: vencrypt, codes: [258] }, guest),
    LoginRefused,
    "TLSVnc",
  );
  assertEquals(refusal.kind, "no_type");
});

function catchNeeds(find: () => readonly Need[]): readonly Need[] {
  try {
    return find();
  } catch (refusal) {
    if (refusal instanceof LoginRefused && refusal.kind === "secret_missing") return refusal.needs;
    throw refusal;
  }
}

Deno.test("chooseSpeaker() prefers the browser, and knows what only the gateway can speak", () => {
  const rows: [number[], number[] | undefined, string][] = [
    [[1], undefined, "browser"],
    [[19, 2], undefined, "browser"],
    [[19], undefined, "gateway"],
    [[19], [256], "browser"],
    [[19], [262, 258], "gateway"],
    [[19], [258], "nobody"],
    [[19, 129, 5], [262], "gateway"],
    [[129], undefined, "gateway"],
    [[113], undefined, "browser"],
    [[20], undefined, "nobody"],
  ];
  for (const [types, subtypes, speaker] of rows) assertEquals(chooseSpeaker(types, subtypes), speaker, `${types}`);
});

Deno.test("keepBrowserTypes() hides VeNCrypt, which noVNC would choose first and fail at", () => {
  assertEquals(keepBrowserTypes([19, 2]), [2]);
  assertEquals(keepBrowserTypes([19, 129, 6], [262]), [6]);
  assertEquals(keepBrowserTypes([19], [258, 256]), [19]);
});

Deno.test("describeOffer() names the types in the server's order", () => {
  assertEquals(
    describeOffer([19, 129, 2], { container: vencrypt, codes: [262, 258, 2] }),
    "VeNCrypt X509Plain, VeNCrypt TLSVnc, RSA-AES-256, VNC Authentication",
  );
  assertEquals(describeOffer([19, 99]), "VeNCrypt, type 99");
  // macOS: 33 is RSA and 36 SRP, neither Kerberos nor a type 30.
  assertEquals(describeOffer([30, 33, 36, 35]), "Apple Diffie-Hellman, Apple RSA, Apple SRP, Apple Kerberos");
});

Deno.test("dropSecureTypes() drops what noVNC cannot speak over plain HTTP, where the gateway then logs in", () => {
  assertEquals(dropSecureTypes([30, 6, 2, 1, 16, 113]), [2, 1, 16, 113]);
  assertEquals(chooseSpeaker(dropSecureTypes([6])), "nobody");
});
