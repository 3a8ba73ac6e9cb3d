import { nameSecurityPath } from "./describe.ts";
import { LoginRefused, type Need } from "./refusal.ts";
import type { Secret } from "../config/secret.ts";

/** How a source proves that it is itself before a secret is sent. */
export type Proof = "certificate" | "key";

/** Who logs in, and what the configuration demands. */
export interface Login {
  readonly username?: string;
  readonly password?: Secret;
  /** ClientInit's shared-flag (RFC 6143 section 7.3.1). */
  readonly shared: boolean;
  /** A type without one of these proofs is never spoken, whatever else is on offer; empty means any. */
  readonly proofs: readonly Proof[];
}

/** A security type, or VeNCrypt subtype, that can be spoken. */
export interface Mechanism {
  readonly code: number;
  readonly needs: readonly Need[];
  readonly proof?: Proof;
  /** Whether the session is encrypted. */
  readonly encrypts: boolean;
}

const VENCRYPT = 19;
const TIGHT = 16;

/**
 * All that can be spoken, the best first: a certificate before a bare key, an encrypted session before a clear one,
 * no secret before one that travels in clear. Type 16 comes last, since it changes ServerInit.
 */
export const PREFERENCE: readonly Mechanism[] = [
  { code: 262, needs: ["username", "password"], proof: "certificate", encrypts: true },
  { code: 261, needs: ["password"], proof: "certificate", encrypts: true },
  { code: 260, needs: [], proof: "certificate", encrypts: true },
  { code: 129, needs: ["password"], proof: "key", encrypts: true },
  { code: 5, needs: ["password"], proof: "key", encrypts: true },
  { code: 1, needs: [], encrypts: false },
  { code: 130, needs: ["password"], proof: "key", encrypts: false },
  { code: 6, needs: ["password"], proof: "key", encrypts: false },
  { code: 30, needs: ["username", "password"], encrypts: false },
  { code: 2, needs: ["password"], encrypts: false },
  { code: 256, needs: ["username", "password"], encrypts: false },
  { code: TIGHT, needs: [], encrypts: false },
];

/** What VeNCrypt stands for until its subtypes are known: it holds the best, and lists the outer types again. */
const vencrypt: Mechanism = { code: VENCRYPT, needs: [], proof: "certificate", encrypts: false };

/**
 * The best of the offered types that the login allows; `within` are the types chosen around it.
 *
 * @throws {LoginRefused} `no_type` when none can be spoken, `secret_missing` when one could be with what is missing.
 */
export function chooseMechanism(offered: readonly number[], login: Login, within: readonly number[]): Mechanism {
  const spoken = (within.length === 0 ? [vencrypt, ...PREFERENCE] : PREFERENCE)
    .filter(({ code }) => offered.includes(code) && !within.includes(code));
  if (spoken.length === 0) throw refuseOffer(offered, within);
  const proven = spoken.filter(({ proof }) => login.proofs.length === 0 || proof && login.proofs.includes(proof));
  if (proven.length === 0) throw refuseWeak(spoken.map(({ code }) => code), within);
  const best = proven[0]!;
  const ready = proven.find(({ needs }) => listMissing(needs, login).length === 0);
  // RSA-AES servers say later whether they want a user name too: going on until then asks a person once, not twice.
  if (!ready && best.proof !== "key") throw refuseMissing(best.needs);
  return ready ?? best;
}

/**
 * What the login to a source that offers `types`, and inside VeNCrypt `subtypes`, still has to ask the user for.
 *
 * @throws {LoginRefused} as `chooseMechanism` does.
 */
export function findNeeds(types: readonly number[], subtypes: readonly number[], login: Login): readonly Need[] {
  const outer = chooseMechanism(types, login, []);
  const isNested = outer === vencrypt && subtypes.length > 0;
  return listMissing((isNested ? chooseMechanism(subtypes, login, [VENCRYPT]) : outer).needs, login);
}

/** Refuses a login without what `needs` asks for. */
export function demand(needs: readonly Need[], login: Login): void {
  if (listMissing(needs, login).length > 0) throw refuseMissing(needs);
}

function listMissing(needs: readonly Need[], login: Login): Need[] {
  return needs.filter((need) => login[need] === undefined);
}

function refuseMissing(needs: readonly Need[]): LoginRefused {
  const words = needs.includes("username") ? "a user name and a password" : "a password";
  return new LoginRefused("secret_missing", `the server asks for ${words}`, { needs });
}

function refuseWeak(spoken: readonly number[], within: readonly number[]): LoginRefused {
  const names = spoken.map((code) => nameSecurityPath([...within, code])).join(", ");
  return new LoginRefused(
    "untrusted",
    `the server must prove who it is, and offers only ${names}; offer X509Vnc or X509Plain there, or drop ` +
      "tls: of the source and its line in pins.json",
  );
}

function refuseOffer(offered: readonly number[], within: readonly number[]): LoginRefused {
  if (offered.length === 0) return new LoginRefused("no_type", "the server offers no security type");
  const names = offered.map((code) => nameSecurityPath([...within, code]));
  const anonymous = offered.some((code) => code === 18 || code >= 257 && code <= 259);
  const what = anonymous ? `${names.join(", ")} (anonymous TLS)` : names.join(", ");
  return new LoginRefused(
    "no_type",
    `the server offers ${what}, which this runtime cannot speak; ${advise(offered, anonymous)}`,
  );
}

/** The setting to change, for the servers that are known to offer such a thing. */
function advise(offered: readonly number[], anonymous: boolean): string {
  if (offered.some((code) => code === 20 || code === 263 || code === 264)) {
    return "give QEMU password-secret= and tls-creds= instead of sasl=on";
  }
  if (anonymous) {
    return "on the server set SecurityTypes=X509Vnc with X509Cert and X509Key (TigerVNC), use tls-creds-x509 " +
      "(QEMU), or -ssl with a certificate file (x11vnc)";
  }
  if (offered.includes(13) || offered.includes(133)) return "set Authentication=VncAuth on the server (RealVNC)";
  if (offered.includes(113)) return "turn MS-Logon off on the server and set a VNC password (UltraVNC)";
  return "allow VNC Authentication or VeNCrypt with a certificate on the server";
}
