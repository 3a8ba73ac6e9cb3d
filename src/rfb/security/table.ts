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
import {
  watchAppleDh,
  watchMsLogonII,
  watchNone,
  watchPlain,
  watchRa2ne,
  watchTight,
  watchTightCapabilities,
  watchVencrypt,
  watchVncAuth,
  watchXvp,
} from "./watch.ts";

const PASSWORD: readonly Need[] = ["password"];
const USERNAME_AND_PASSWORD: readonly Need[] = ["username", "password"];

const SUBTYPE: readonly SecurityList[] = ["vencrypt"];
/** VeNCrypt may list every type of the Security message except itself. */
const OUTER: readonly SecurityList[] = ["rfb", "vencrypt"];
const EVERYWHERE: readonly SecurityList[] = ["rfb", "vencrypt", "tight"];

const ANONYMOUS_TLS = "anonymous TLS";
const SET_UP_WITHOUT_SASL = "give QEMU password-secret= and tls-creds= instead of sasl=on";
const SET_UP_X509 = "on the server set SecurityTypes=X509Vnc with X509Cert and X509Key (TigerVNC), use " +
  "tls-creds-x509 (QEMU), or -ssl with a certificate file (x11vnc)";
const SET_UP_VNC_AUTH = "set Authentication=VncAuth on the server (RealVNC)";
const TURN_MS_LOGON_OFF = "turn off MS-Logon on the server and set a VNC password (UltraVNC)";

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
    needs: [],
    proof: "certificate",
    encrypts: false,
    holds: "vencrypt",
    readInner: readSubtypes,
    emptyMeansNone: false,
    skipAfterServerInit: null,
    watch: watchVencrypt,
    watchAfterServerInit: null,
  },
  x509Plain: {
    code: 262,
    name: "X509Plain",
    lists: SUBTYPE,
    needs: USERNAME_AND_PASSWORD,
    proof: "certificate",
    encrypts: true,
    falseOk: true,
    speak: speakInTls(speakPlain),
    watch: null,
  },
  x509Vnc: {
    code: 261,
    name: "X509Vnc",
    lists: SUBTYPE,
    needs: PASSWORD,
    proof: "certificate",
    encrypts: true,
    falseOk: false,
    speak: speakInTls(speakVncAuth),
    watch: null,
  },
  x509None: {
    code: 260,
    name: "X509None",
    lists: SUBTYPE,
    needs: [],
    proof: "certificate",
    encrypts: true,
    falseOk: false,
    speak: speakInTls(speakNone),
    watch: null,
  },
  rsaAes256: {
    code: 129,
    name: "RSA-AES-256",
    lists: OUTER,
    needs: PASSWORD,
    proof: "key",
    encrypts: true,
    falseOk: false,
    speak: (login) => speakRa2({ hash: "sha256", keyBytes: 32, seals: true }, login),
    watch: null,
  },
  rsaAes: {
    code: 5,
    name: "RSA-AES",
    lists: OUTER,
    needs: PASSWORD,
    proof: "key",
    encrypts: true,
    falseOk: false,
    speak: (login) => speakRa2({ hash: "sha1", keyBytes: 16, seals: true }, login),
    watch: null,
  },
  none: {
    code: 1,
    name: "None",
    lists: EVERYWHERE,
    needs: [],
    proof: null,
    encrypts: false,
    falseOk: false,
    speak: speakNone,
    watch: watchNone,
  },
  rsaAes256Unencrypted: {
    code: 130,
    name: "RSA-AES-256 unencrypted",
    lists: OUTER,
    needs: PASSWORD,
    proof: "key",
    encrypts: false,
    falseOk: false,
    speak: (login) => speakRa2({ hash: "sha256", keyBytes: 32, seals: false }, login),
    watch: null,
  },
  rsaAesUnencrypted: {
    code: 6,
    name: "RSA-AES unencrypted",
    lists: OUTER,
    needs: PASSWORD,
    proof: "key",
    encrypts: false,
    falseOk: false,
    speak: (login) => speakRa2({ hash: "sha1", keyBytes: 16, seals: false }, login),
    watch: watchRa2ne,
  },
  appleDh: {
    code: 30,
    name: "Apple Diffie-Hellman",
    lists: OUTER,
    needs: USERNAME_AND_PASSWORD,
    proof: null,
    encrypts: false,
    falseOk: false,
    speak: speakAppleDh,
    watch: watchAppleDh,
  },
  vncAuth: {
    code: 2,
    name: "VNC Authentication",
    lists: EVERYWHERE,
    needs: PASSWORD,
    proof: null,
    encrypts: false,
    falseOk: false,
    speak: speakVncAuth,
    watch: watchVncAuth,
  },
  plain: {
    code: 256,
    name: "Plain",
    lists: SUBTYPE,
    needs: USERNAME_AND_PASSWORD,
    proof: null,
    encrypts: false,
    falseOk: true,
    speak: speakPlain,
    watch: watchPlain,
  },
  tight: {
    code: 16,
    name: "Tight",
    lists: OUTER,
    needs: [],
    proof: null,
    encrypts: false,
    holds: "tight",
    readInner: readTightLogins,
    emptyMeansNone: true,
    skipAfterServerInit: skipTightCapabilities,
    watch: watchTight,
    watchAfterServerInit: watchTightCapabilities,
  },
  sasl: { code: 20, name: "SASL", lists: EVERYWHERE, remark: null, advice: SET_UP_WITHOUT_SASL, watch: null },
  tlsSasl: { code: 263, name: "TLSSASL", lists: SUBTYPE, remark: null, advice: SET_UP_WITHOUT_SASL, watch: null },
  x509Sasl: {
    code: 264,
    name: "X509SASL",
    lists: SUBTYPE,
    remark: null,
    advice: SET_UP_WITHOUT_SASL,
    watch: null,
  },
  tls: { code: 18, name: "TLS", lists: OUTER, remark: ANONYMOUS_TLS, advice: SET_UP_X509, watch: null },
  tlsNone: { code: 257, name: "TLSNone", lists: SUBTYPE, remark: ANONYMOUS_TLS, advice: SET_UP_X509, watch: null },
  tlsVnc: { code: 258, name: "TLSVnc", lists: SUBTYPE, remark: ANONYMOUS_TLS, advice: SET_UP_X509, watch: null },
  tlsPlain: {
    code: 259,
    name: "TLSPlain",
    lists: SUBTYPE,
    remark: ANONYMOUS_TLS,
    advice: SET_UP_X509,
    watch: null,
  },
  rsaAesTwoStep: {
    code: 13,
    name: "RSA-AES two-step",
    lists: OUTER,
    remark: null,
    advice: SET_UP_VNC_AUTH,
    watch: null,
  },
  rsaAes256TwoStep: {
    code: 133,
    name: "RSA-AES-256 two-step",
    lists: OUTER,
    remark: null,
    advice: SET_UP_VNC_AUTH,
    watch: null,
  },
  msLogon2: {
    code: 113,
    name: "MS-Logon II",
    lists: OUTER,
    remark: null,
    advice: TURN_MS_LOGON_OFF,
    watch: watchMsLogonII,
  },
  ultra: { code: 17, name: "Ultra", lists: OUTER, remark: null, advice: null, watch: null },
  md5: { code: 21, name: "MD5", lists: OUTER, remark: null, advice: null, watch: null },
  tightUnixLogin: { code: 129, name: "Unix login", lists: ["tight"], remark: null, advice: null, watch: watchPlain },
  tightExternal: { code: 130, name: "External", lists: ["tight"], remark: null, advice: null, watch: null },
  xvp: { code: 22, name: "XVP", lists: OUTER, remark: null, advice: null, watch: watchXvp },
  secureTunnel: { code: 23, name: "Secure Tunnel", lists: OUTER, remark: null, advice: null, watch: null },
  integratedSsh: { code: 24, name: "Integrated SSH", lists: OUTER, remark: null, advice: null, watch: null },
  appleRsa: { code: 33, name: "Apple RSA", lists: OUTER, remark: null, advice: null, watch: null },
  appleKerberos: { code: 35, name: "Apple Kerberos", lists: OUTER, remark: null, advice: null, watch: null },
  appleSrp: { code: 36, name: "Apple SRP", lists: OUTER, remark: null, advice: null, watch: null },
  ident: { code: 265, name: "Ident", lists: SUBTYPE, remark: null, advice: null, watch: null },
  tlsIdent: { code: 266, name: "TLSIdent", lists: SUBTYPE, remark: ANONYMOUS_TLS, advice: null, watch: null },
  x509Ident: { code: 267, name: "X509Ident", lists: SUBTYPE, remark: null, advice: null, watch: null },
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
