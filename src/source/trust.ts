/** Verifies the identity of a source before a secret is sent to it. */
import { createHash, X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import type { SourceConfig } from "../config/config.ts";
import type { Proof } from "../rfb/security/login.ts";
import { LoginRefused } from "../rfb/refusal.ts";
import type { PinStore } from "./pins.ts";

/** The part of a source that trust depends on. */
export type TrustedSource = Pick<SourceConfig, "name" | "target" | "tls">;

/** The certificate or key that a source presented. */
export type Presented =
  | { readonly proof: "certificate"; readonly bytes: Uint8Array; readonly caError?: string | undefined }
  | { readonly proof: "key"; readonly bytes: Uint8Array };

/** The verified identity of a source. */
export interface Identity {
  readonly proof: Proof;
  /** SHA-256 of the certificate in DER, or of the RSA key as sent, in 64 hex digits. */
  readonly fingerprint: string;
  /** Why it is trusted; `first_use` means that the fingerprint was stored just now. */
  readonly by: "ca" | "fingerprint" | "pin" | "first_use";
  /** What a CA would refuse the certificate for: "expired on 2026-01-31". */
  readonly flaw?: string;
}

/** Decides whether sources are trusted. */
export interface Trust {
  /** Verifies a source. @throws {LoginRefused} `untrusted`, with a sentence for each reason. */
  judge(source: TrustedSource, presented: Presented): Promise<Identity>;
  /** The same, but keeps no pin, for a source to which no secret is sent: `first_use` is then still to come. */
  foresee(source: TrustedSource, presented: Presented): Promise<Identity>;
  /** The proofs of which the source must give one; empty if none is configured and none was seen before. */
  listProofs(source: TrustedSource): Promise<readonly Proof[]>;
}

/** The effects of trust. */
export interface TrustEffects {
  pins: PinStore;
  now?: () => number;
  /**
   * Called when a source is trusted on first use, so that an administrator can compare the fingerprint; `flaw` is what a
   * CA would refuse its certificate for.
   */
  onFirstUse?: (name: string, fingerprint: string, flaw?: string) => void;
}

/** Makes the trust of a gateway: by `tls` of the source, or without it on first use. */
export function createTrust({ pins, now = Date.now, onFirstUse = () => {} }: TrustEffects): Trust {
  const identify = async (
    source: TrustedSource,
    presented: Presented,
    keep: PinStore["keepFirst"],
  ): Promise<Identity> => {
    const { proof } = presented;
    const fingerprint = createHash("sha256").update(presented.bytes).digest("hex");
    const by = judgeConfigured(source, presented, fingerprint, now()) ??
      await judgePin(keep, source, proof, fingerprint);
    const flaw = findFlaw(presented, now());
    return { proof, fingerprint, by, ...(flaw === undefined ? {} : { flaw }) };
  };
  const compare: PinStore["keepFirst"] = async (name, fingerprint) => {
    const pin = await pins.get(name);
    return { pin: pin ?? fingerprint, isFirst: pin === undefined };
  };
  return {
    async judge(source, presented) {
      const identity = await identify(source, presented, pins.keepFirst);
      if (identity.by === "first_use") onFirstUse(source.name, identity.fingerprint, identity.flaw);
      return identity;
    },
    foresee: (source, presented) => identify(source, presented, compare),
    listProofs: async (source) => {
      if (asksCa(source)) return ["certificate"];
      return source.tls || await pins.get(source.name) !== undefined ? ["certificate", "key"] : [];
    },
  };
}

function judgeConfigured(source: TrustedSource, presented: Presented, found: string, nowMs: number) {
  const expected = source.tls?.fingerprint;
  if (expected !== undefined && expected !== found) {
    throw refuseOther(presented.proof, "is not the one configured", { expected, found, advice: CONFIGURED });
  }
  if (presented.proof === "certificate" && asksCa(source)) {
    checkCertificate(source, presented.bytes, presented.caError, nowMs);
    return "ca";
  }
  return expected === undefined ? undefined : "fingerprint";
}

async function judgePin(keep: PinStore["keepFirst"], source: TrustedSource, proof: Proof, found: string) {
  const { pin, isFirst } = await keep(source.name, found);
  if (isFirst) return "first_use";
  if (pin !== found) {
    throw refuseOther(proof, "has changed", { expected: pin, found, advice: pinAdvice(source.name, proof) });
  }
  return "pin";
}

/**
 * A pin holds for the certificate as a whole, so that its dates and its signature do not matter; but they are worth a
 * warning.
 */
function findFlaw({ proof, bytes }: Presented, nowMs: number): string | undefined {
  if (proof !== "certificate") return undefined;
  const certificate = new X509Certificate(bytes);
  return [describeDates(certificate, nowMs), describeHash(certificate)].filter(Boolean).join(" and ") || undefined;
}

/** The property is missing from the types of the runtime; its value is "sha1WithRSAEncryption", for example. */
function describeHash({ signatureAlgorithm = "" }: X509Certificate & { signatureAlgorithm?: string }) {
  const weak = /(md5|sha1)(?!\d)/i.exec(signatureAlgorithm)?.[1]?.toLowerCase();
  return weak && `is signed with ${weak === "md5" ? "MD5" : "SHA-1"}`;
}

function describeDates({ validFrom, validTo }: X509Certificate, nowMs: number): string | undefined {
  if (nowMs > Date.parse(validTo)) return `expired on ${formatDay(validTo)}`;
  return nowMs < Date.parse(validFrom) ? `is not valid before ${formatDay(validFrom)}` : undefined;
}

/** Whether the certificate of a source must be signed by a CA; otherwise its fingerprint is all that matters. */
export function asksCa(source: TrustedSource): boolean {
  return source.tls?.ca !== undefined || source.tls?.serverName !== undefined;
}

/** The name that the certificate of a source must be issued for; undefined for a unix socket without a server name. */
export function expectedName(source: TrustedSource): string | undefined {
  return source.tls?.serverName ?? (source.target.kind === "tcp" ? source.target.hostname : undefined);
}

function checkCertificate(
  source: TrustedSource,
  der: Uint8Array,
  caError: string | undefined,
  nowMs: number,
): void {
  const certificate = new X509Certificate(der);
  const wrongDate = describeDates(certificate, nowMs);
  if (wrongDate) throw refuse(wrongDate);
  if (caError !== undefined) {
    const cause = new Error(caError);
    if (source.tls?.ca === undefined) throw refuse("is not signed by a CA that this system trusts", { cause });
    throw refuse("is not signed by the CA in tls.ca", { cause });
  }
  const name = expectedName(source);
  const names = (isIP(name ?? "") ? certificate.checkIP(name!) : certificate.checkHost(name ?? "")) !== undefined;
  if (name !== undefined && !names) {
    throw refuse(`was issued for ${listNames(certificate)}, not for the host of the source; check tls.server_name`);
  }
}

function listNames(certificate: X509Certificate): string {
  const names = certificate.subjectAltName ?? certificate.subject.replaceAll("\n", ", ");
  return names.replace(/[\p{C}\s]+/gu, " ").slice(0, 100);
}

function formatDay(date: string): string {
  return new Date(date).toISOString().slice(0, 10);
}

function refuse(state: string, options?: ErrorOptions): LoginRefused {
  return new LoginRefused("untrusted", `the server's certificate ${state}`, options);
}

const CONFIGURED = "check tls.fingerprint of the source";

/** How to accept a new certificate or key. Weston, for example, makes a new key at each start. */
function pinAdvice(name: string, proof: Proof): string {
  const accept = `to accept it, remove ${name} from pins.json in the gateway's data folder`;
  return proof === "certificate" ? accept : `${accept} (some servers make a new key at each start)`;
}

/** Refuses a certificate or key that is not the expected one, with both fingerprints. */
function refuseOther(
  proof: Proof,
  state: string,
  { expected, found, advice }: { expected: string; found: string; advice: string },
): LoginRefused {
  const what = proof === "certificate" ? "certificate" : "RSA key";
  return new LoginRefused(
    "untrusted",
    `the server's ${what} ${state}: expected sha256:${expected}, found sha256:${found}; ${advice}`,
  );
}
