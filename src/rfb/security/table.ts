/**
 * The table of security types: RFC 6143 section 7.2, rfbproto ("Security Types", "VeNCrypt", "Tight Security Type") and
 * IANA's registry. A new type is a row here and a file beside this one that speaks it; those that the gateway does not
 * speak are in unspoken_types.ts.
 */
import type { Need } from "../refusal.ts";
import { speakAppleDh } from "./apple_dh.ts";
import { speakPlain } from "./plain.ts";
import { speakRa2 } from "./ra2.ts";
import type { SecurityList, SecurityType, SpokenType, UnspokenType } from "./security_type.ts";
import { readTightLogins, skipTightCapabilities } from "./tight.ts";
import { EVERYWHERE, OUTER, SUBTYPE, UNSPOKEN_TYPES } from "./unspoken_types.ts";
import { readSubtypes, speakInTls } from "./vencrypt.ts";
import { speakVncAuth } from "./vnc_auth.ts";
import {
  watchAppleDh,
  watchNone,
  watchPlain,
  watchRa2ne,
  watchTight,
  watchTightCapabilities,
  watchVencrypt,
  watchVncAuth,
} from "./watch.ts";

const PASSWORD: readonly Need[] = ["password"];
const USERNAME_AND_PASSWORD: readonly Need[] = ["username", "password"];

/**
 * All types in the order of preference: a certificate before a bare key, an encrypted session before a clear one, no
 * secret before one that travels in clear. VeNCrypt comes first, since it holds the best and lists the outer types
 * again; Tight comes last, since it changes ServerInit.
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
    needsSecureContext: true,
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
    needsSecureContext: true,
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
  ...UNSPOKEN_TYPES,
} as const satisfies Record<string, SecurityType>;

const ROWS: readonly SecurityType[] = Object.values(SECURITY_TYPES);

/** None has no messages of its own (RFC 6143 section 7.2.1). */
function* speakNone() {}

/** The type that `code` means in `list`; undefined for types that are not in the table. */
export function findType(code: number, list: SecurityList): SecurityType | undefined {
  return ROWS.find((type) => type.code === code && type.lists.includes(list));
}

/** The credentials that a type asks for: both, if only noVNC speaks it. */
export function listAsked(type: SecurityType): readonly Need[] {
  return "needs" in type ? type.needs : USERNAME_AND_PASSWORD;
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
