/**
 * The table of security types: RFC 6143 section 7.2, rfbproto ("Security Types", "VeNCrypt", "Tight Security Type") and
 * IANA's registry. A new type is a row here and a file beside this one that speaks it.
 */
import type { Need } from "../refusal.ts";
import { speakAppleDh } from "./apple_dh.ts";
import { speakPlain } from "./plain.ts";
import { speakRa2 } from "./ra2.ts";
import type { SecurityList, SecurityType, SpokenType, UnspokenType } from "./security_type.ts";
import { readTightLogins, skipTightCapabilities } from "./tight.ts";
import { readSubtypes, speakInTls } from "./vencrypt.ts";
import { speakVncAuth } from "./vnc_auth.ts";

const PASSWORD: readonly Need[] = ["password"];
const USERNAME_AND_PASSWORD: readonly Need[] = ["username", "password"];

const SUBTYPE: readonly SecurityList[] = ["vencrypt"];
/** VeNCrypt may list every type of the Security message but itself. */
const OUTER: readonly SecurityList[] = ["rfb", "vencrypt"];
const EVERYWHERE: readonly SecurityList[] = ["rfb", "vencrypt", "tight"];

const ANONYMOUS_TLS = "anonymous TLS";
const SET_UP_WITHOUT_SASL = "give QEMU password-secret= and tls-creds= instead of sasl=on";
const SET_UP_X509 = "on the server set SecurityTypes=X509Vnc with X509Cert and X509Key (TigerVNC), use " +
  "tls-creds-x509 (QEMU), or -ssl with a certificate file (x11vnc)";
const SET_UP_VNC_AUTH = "set Authentication=VncAuth on the server (RealVNC)";
const TURN_MS_LOGON_OFF = "turn MS-Logon off on the server and set a VNC password (UltraVNC)";

/**
 * All types in the order of preference: a certificate before a bare key, an encrypted session before a clear one, no
 * secret before one that travels in clear. VeNCrypt comes first, since it holds the best and lists the outer types
 * again; Tight comes last, since it changes ServerInit. Of the types that the gateway does not speak, the first one on
 * offer gives the advice.
 */
export const SECURITY_TYPES = {
  vencrypt: {
    code: 19,
    name: "VeNCrypt",
    lists: ["rfb"],
    inBrowser: true,
    needs: [],
    proof: "certificate",
    encrypts: false,
    holds: "vencrypt",
    readInner: readSubtypes,
    emptyMeansNone: false,
    skipAfterServerInit: null,
  },
  x509Plain: {
    code: 262,
    name: "X509Plain",
    lists: SUBTYPE,
    inBrowser: false,
    needs: USERNAME_AND_PASSWORD,
    proof: "certificate",
    encrypts: true,
    falseOk: true,
    speak: speakInTls(speakPlain),
  },
  x509Vnc: {
    code: 261,
    name: "X509Vnc",
    lists: SUBTYPE,
    inBrowser: false,
    needs: PASSWORD,
    proof: "certificate",
    encrypts: true,
    falseOk: false,
    speak: speakInTls(speakVncAuth),
  },
  x509None: {
    code: 260,
    name: "X509None",
    lists: SUBTYPE,
    inBrowser: false,
    needs: [],
    proof: "certificate",
    encrypts: true,
    falseOk: false,
    speak: speakInTls(speakNone),
  },
  rsaAes256: {
    code: 129,
    name: "RSA-AES-256",
    lists: OUTER,
    inBrowser: false,
    needs: PASSWORD,
    proof: "key",
    encrypts: true,
    falseOk: false,
    speak: (login) => speakRa2({ hash: "sha256", keyBytes: 32, seals: true }, login),
  },
  rsaAes: {
    code: 5,
    name: "RSA-AES",
    lists: OUTER,
    inBrowser: false,
    needs: PASSWORD,
    proof: "key",
    encrypts: true,
    falseOk: false,
    speak: (login) => speakRa2({ hash: "sha1", keyBytes: 16, seals: true }, login),
  },
  none: {
    code: 1,
    name: "None",
    lists: EVERYWHERE,
    inBrowser: true,
    needs: [],
    proof: null,
    encrypts: false,
    falseOk: false,
    speak: speakNone,
  },
  rsaAes256Unencrypted: {
    code: 130,
    name: "RSA-AES-256 unencrypted",
    lists: OUTER,
    inBrowser: false,
    needs: PASSWORD,
    proof: "key",
    encrypts: false,
    falseOk: false,
    speak: (login) => speakRa2({ hash: "sha256", keyBytes: 32, seals: false }, login),
  },
  rsaAesUnencrypted: {
    code: 6,
    name: "RSA-AES unencrypted",
    lists: OUTER,
    inBrowser: true,
    needs: PASSWORD,
    proof: "key",
    encrypts: false,
    falseOk: false,
    speak: (login) => speakRa2({ hash: "sha1", keyBytes: 16, seals: false }, login),
  },
  appleDh: {
    code: 30,
    name: "Apple Diffie-Hellman",
    lists: OUTER,
    inBrowser: true,
    needs: USERNAME_AND_PASSWORD,
    proof: null,
    encrypts: false,
    falseOk: false,
    speak: speakAppleDh,
  },
  vncAuth: {
    code: 2,
    name: "VNC Authentication",
    lists: EVERYWHERE,
    inBrowser: true,
    needs: PASSWORD,
    proof: null,
    encrypts: false,
    falseOk: false,
    speak: speakVncAuth,
  },
  plain: {
    code: 256,
    name: "Plain",
    lists: SUBTYPE,
    inBrowser: true,
    needs: USERNAME_AND_PASSWORD,
    proof: null,
    encrypts: false,
    falseOk: true,
    speak: speakPlain,
  },
  tight: {
    code: 16,
    name: "Tight",
    lists: OUTER,
    inBrowser: true,
    needs: [],
    proof: null,
    encrypts: false,
    holds: "tight",
    readInner: readTightLogins,
    emptyMeansNone: true,
    skipAfterServerInit: skipTightCapabilities,
  },
  sasl: { code: 20, name: "SASL", lists: EVERYWHERE, inBrowser: false, remark: null, advice: SET_UP_WITHOUT_SASL },
  tlsSasl: { code: 263, name: "TLSSASL", lists: SUBTYPE, inBrowser: false, remark: null, advice: SET_UP_WITHOUT_SASL },
  x509Sasl: {
    code: 264,
    name: "X509SASL",
    lists: SUBTYPE,
    inBrowser: false,
    remark: null,
    advice: SET_UP_WITHOUT_SASL,
  },
  tls: { code: 18, name: "TLS", lists: OUTER, inBrowser: false, remark: ANONYMOUS_TLS, advice: SET_UP_X509 },
  tlsNone: { code: 257, name: "TLSNone", lists: SUBTYPE, inBrowser: false, remark: ANONYMOUS_TLS, advice: SET_UP_X509 },
  tlsVnc: { code: 258, name: "TLSVnc", lists: SUBTYPE, inBrowser: false, remark: ANONYMOUS_TLS, advice: SET_UP_X509 },
  tlsPlain: {
    code: 259,
    name: "TLSPlain",
    lists: SUBTYPE,
    inBrowser: false,
    remark: ANONYMOUS_TLS,
    advice: SET_UP_X509,
  },
  rsaAesTwoStep: {
    code: 13,
    name: "RSA-AES two-step",
    lists: OUTER,
    inBrowser: false,
    remark: null,
    advice: SET_UP_VNC_AUTH,
  },
  rsaAes256TwoStep: {
    code: 133,
    name: "RSA-AES-256 two-step",
    lists: OUTER,
    inBrowser: false,
    remark: null,
    advice: SET_UP_VNC_AUTH,
  },
  msLogon2: { code: 113, name: "MS-Logon II", lists: OUTER, inBrowser: true, remark: null, advice: TURN_MS_LOGON_OFF },
  ultra: { code: 17, name: "Ultra", lists: OUTER, inBrowser: false, remark: null, advice: null },
  md5: { code: 21, name: "MD5", lists: OUTER, inBrowser: false, remark: null, advice: null },
  tightUnixLogin: { code: 129, name: "Unix login", lists: ["tight"], inBrowser: true, remark: null, advice: null },
  tightExternal: { code: 130, name: "External", lists: ["tight"], inBrowser: false, remark: null, advice: null },
  xvp: { code: 22, name: "XVP", lists: OUTER, inBrowser: true, remark: null, advice: null },
  secureTunnel: { code: 23, name: "Secure Tunnel", lists: OUTER, inBrowser: false, remark: null, advice: null },
  integratedSsh: { code: 24, name: "Integrated SSH", lists: OUTER, inBrowser: false, remark: null, advice: null },
  appleRsa: { code: 33, name: "Apple RSA", lists: OUTER, inBrowser: false, remark: null, advice: null },
  appleKerberos: { code: 35, name: "Apple Kerberos", lists: OUTER, inBrowser: false, remark: null, advice: null },
  appleSrp: { code: 36, name: "Apple SRP", lists: OUTER, inBrowser: false, remark: null, advice: null },
  ident: { code: 265, name: "Ident", lists: SUBTYPE, inBrowser: false, remark: null, advice: null },
  tlsIdent: { code: 266, name: "TLSIdent", lists: SUBTYPE, inBrowser: false, remark: ANONYMOUS_TLS, advice: null },
  x509Ident: { code: 267, name: "X509Ident", lists: SUBTYPE, inBrowser: false, remark: null, advice: null },
} as const satisfies Record<string, SecurityType>;

const ROWS: readonly SecurityType[] = Object.values(SECURITY_TYPES);

/** None has no messages of its own (RFC 6143 section 7.2.1). */
function* speakNone() {}

/** The type that `code` means in `list`; undefined for types that are not in the table. */
export function findType(code: number, list: SecurityList): SecurityType | undefined {
  return ROWS.find((type) => type.code === code && type.lists.includes(list));
}

/** The types among `codes`, offered in `list`, that the gateway speaks, the best first. */
export function listSpoken(codes: readonly number[], list: SecurityList): SpokenType[] {
  return ROWS.filter((type) => "needs" in type).filter(({ code, lists }) =>
    codes.includes(code) && lists.includes(list)
  );
}

/** The types among `codes`, offered in `list`, that the gateway does not speak, in the order of the table. */
export function listUnspoken(codes: readonly number[], list: SecurityList): UnspokenType[] {
  return ROWS.filter((type) => "advice" in type).filter(({ code, lists }) =>
    codes.includes(code) && lists.includes(list)
  );
}
