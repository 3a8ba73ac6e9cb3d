/** The security types that the gateway does not speak, the best advice first. */
import { ADVICE } from "./advice.ts";
import type { SecurityList, UnspokenType } from "./security_type.ts";
import { watchMsLogonII, watchPlain, watchXvp } from "./watch.ts";

/** Only inside VeNCrypt. */
export const SUBTYPE: readonly SecurityList[] = ["vencrypt"];
/** VeNCrypt may list every type of the Security message except itself. */
export const OUTER: readonly SecurityList[] = ["rfb", "vencrypt"];
/** In every list. */
export const EVERYWHERE: readonly SecurityList[] = ["rfb", "vencrypt", "tight"];

const ANONYMOUS_TLS = "anonymous TLS";

/** Rows of the table of security types. Of those on offer, the first one gives the advice. */
export const UNSPOKEN_TYPES = {
  sasl: { code: 20, name: "SASL", lists: EVERYWHERE, remark: null, advice: ADVICE.dropSasl, watch: null },
  tlsSasl: { code: 263, name: "TLSSASL", lists: SUBTYPE, remark: null, advice: ADVICE.dropSasl, watch: null },
  x509Sasl: {
    code: 264,
    name: "X509SASL",
    lists: SUBTYPE,
    remark: null,
    advice: ADVICE.dropSasl,
    watch: null,
  },
  tls: { code: 18, name: "TLS", lists: OUTER, remark: ANONYMOUS_TLS, advice: ADVICE.allowClear, watch: null },
  tlsNone: { code: 257, name: "TLSNone", lists: SUBTYPE, remark: ANONYMOUS_TLS, advice: ADVICE.useX509, watch: null },
  tlsVnc: { code: 258, name: "TLSVnc", lists: SUBTYPE, remark: ANONYMOUS_TLS, advice: ADVICE.useX509, watch: null },
  tlsPlain: {
    code: 259,
    name: "TLSPlain",
    lists: SUBTYPE,
    remark: ANONYMOUS_TLS,
    advice: ADVICE.useX509,
    watch: null,
  },
  rsaAesTwoStep: {
    code: 13,
    name: "RSA-AES two-step",
    lists: OUTER,
    remark: null,
    advice: ADVICE.useRealVncAuth,
    watch: null,
  },
  rsaAes256TwoStep: {
    code: 133,
    name: "RSA-AES-256 two-step",
    lists: OUTER,
    remark: null,
    advice: ADVICE.useRealVncAuth,
    watch: null,
  },
  msLogon2: {
    code: 113,
    name: "MS-Logon II",
    lists: OUTER,
    remark: null,
    advice: `${ADVICE.turnMsLogonOff}, or ${ADVICE.leaveToBrowser}`,
    watch: watchMsLogonII,
  },
  msLogon1: { code: 112, name: "MS-Logon I", lists: OUTER, remark: null, advice: ADVICE.turnMsLogonOff, watch: null },
  secureVncPlugin: {
    code: 114,
    name: "SecureVNC plugin",
    lists: OUTER,
    remark: null,
    advice: ADVICE.turnPluginOff,
    watch: null,
  },
  secureVncPluginNew: {
    code: 115,
    name: "SecureVNC plugin, new",
    lists: OUTER,
    remark: null,
    advice: ADVICE.turnPluginOff,
    watch: null,
  },
  ultra: { code: 17, name: "Ultra", lists: OUTER, remark: null, advice: ADVICE.simplifyUltra, watch: null },
  md5: { code: 21, name: "MD5", lists: OUTER, remark: null, advice: null, watch: null },
  tightUnixLogin: {
    code: 129,
    name: "Unix login",
    lists: ["tight"],
    remark: null,
    advice: `${ADVICE.useTightPassword}, or ${ADVICE.leaveToBrowser}`,
    watch: watchPlain,
  },
  tightExternal: {
    code: 130,
    name: "External",
    lists: ["tight"],
    remark: null,
    advice: ADVICE.useTightPassword,
    watch: null,
  },
  xvp: { code: 22, name: "XVP", lists: OUTER, remark: null, advice: ADVICE.leaveToBrowser, watch: watchXvp },
  secureTunnel: { code: 23, name: "Secure Tunnel", lists: OUTER, remark: null, advice: null, watch: null },
  integratedSsh: { code: 24, name: "Integrated SSH", lists: OUTER, remark: null, advice: null, watch: null },
  appleRsa: { code: 33, name: "Apple RSA", lists: OUTER, remark: null, advice: ADVICE.allowApplePassword, watch: null },
  appleKerberos: {
    code: 35,
    name: "Apple Kerberos",
    lists: OUTER,
    remark: null,
    advice: ADVICE.allowApplePassword,
    watch: null,
  },
  appleSrp: { code: 36, name: "Apple SRP", lists: OUTER, remark: null, advice: ADVICE.allowApplePassword, watch: null },
  ident: { code: 265, name: "Ident", lists: SUBTYPE, remark: null, advice: ADVICE.useX509, watch: null },
  tlsIdent: { code: 266, name: "TLSIdent", lists: SUBTYPE, remark: ANONYMOUS_TLS, advice: ADVICE.useX509, watch: null },
  x509Ident: { code: 267, name: "X509Ident", lists: SUBTYPE, remark: null, advice: ADVICE.useX509, watch: null },
} as const satisfies Record<string, UnspokenType>;
