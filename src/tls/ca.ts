/** The local CA and the certificates it signs (RFC 5280), all with ECDSA on P-256. */
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import {
  GeneralName,
  GeneralSubtree,
  GeneralSubtrees,
  id_ce_nameConstraints,
  NameConstraints,
} from "@peculiar/asn1-x509";
import { AsnConvert } from "@peculiar/asn1-schema";
import { isAddress } from "./names.ts";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY_MS = 86_400_000;
const CA_DAYS = 3650;
/** Browsers refuse certificates that are valid for more than 397 days. The validity begins one day ago, for slow clocks. */
const LEAF_DAYS = 396;
/** Domains without public web sites. The CA may sign any host name below them. */
const PRIVATE_ZONES = ["localhost", "local", "lan", "internal", "home.arpa"];

/** A certificate and its private key as PEM text (PKCS #8). */
export interface Signed {
  readonly cert: string;
  readonly key: string;
}

/**
 * Makes a local CA that is valid for ten years. Critical nameConstraints limit it to private domains and `names`, so that
 * a stolen key cannot be used against other web sites. IP addresses are not limited.
 */
export async function makeCa({ host, names, nowMs }: {
  /** Part of the CA's name, by which users find it among their trusted certificates. */
  readonly host: string;
  readonly names: readonly string[];
  readonly nowMs: number;
}): Promise<Signed> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: makeSerial(),
    name: [{ CN: [`Porthole CA on ${host.slice(0, 40)}`] }, { O: ["Porthole"] }],
    notBefore: new Date(nowMs - DAY_MS),
    notAfter: new Date(nowMs + CA_DAYS * DAY_MS),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      constrainNames([...PRIVATE_ZONES, ...names.filter((name) => !isAddress(name))]),
    ],
  });
  return { cert: pemOf(certificate), key: await exportKey(keys.privateKey) };
}

/** Makes a server certificate for `names`, signed by the CA and valid for 396 days. */
export async function makeLeaf({ ca, names, nowMs }: {
  readonly ca: Signed;
  readonly names: readonly string[];
  readonly nowMs: number;
}): Promise<Signed> {
  const issuer = new x509.X509Certificate(ca.cert);
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: makeSerial(),
    subject: [{ CN: ["Porthole"] }],
    issuer: issuer.subjectName,
    notBefore: new Date(nowMs - DAY_MS),
    notAfter: new Date(Math.min(nowMs + LEAF_DAYS * DAY_MS, issuer.notAfter.getTime())),
    publicKey: keys.publicKey,
    signingKey: await importKey(ca.key),
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((name): x509.JsonGeneralName => ({ type: isAddress(name) ? "ip" : "dns", value: name })),
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return { cert: pemOf(certificate), key: await exportKey(keys.privateKey) };
}

/** The domains that the CA may sign for; undefined when it is not limited. */
export function readConstraints(caPem: string): readonly string[] | undefined {
  const extension = new x509.X509Certificate(caPem).getExtension(id_ce_nameConstraints);
  if (extension === null) return undefined;
  const subtrees = AsnConvert.parse(extension.value, NameConstraints).permittedSubtrees ?? [];
  return subtrees.map(({ base }) => base.dNSName ?? "").filter((zone) => zone !== "");
}

function constrainNames(zones: readonly string[]): x509.Extension {
  const permittedSubtrees = new GeneralSubtrees(
    [...new Set(zones)].map((zone) => new GeneralSubtree({ base: new GeneralName({ dNSName: zone }) })),
  );
  const value = AsnConvert.serialize(new NameConstraints({ permittedSubtrees }));
  return new x509.Extension(id_ce_nameConstraints, true, value);
}

/** A positive random number of 127 bits, unique for its issuer (RFC 5280 section 4.1.2.2). */
function makeSerial(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  return bytes.toHex();
}

function pemOf(certificate: x509.X509Certificate): string {
  return certificate.toString("pem") + "\n";
}

async function exportKey(key: CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await crypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY") + "\n";
}

function importKey(pem: string): Promise<CryptoKey> {
  return crypto.subtle.importKey("pkcs8", x509.PemConverter.decodeFirst(pem), ALGORITHM, false, ["sign"]);
}
