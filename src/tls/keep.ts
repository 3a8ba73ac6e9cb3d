/** `tls: auto`: a certificate from a local CA, kept in the data folder and renewed in time. */
import type { FileReader } from "../files/file_reader.ts";
import type { Signed } from "./ca.ts";
import {
  CertificateError,
  type CertificatePair,
  type CertificateSource,
  parseCertificate,
  readNames,
  readPair,
  type Tell,
} from "./certificate.ts";
import { type Every, everyInterval, skipWhileRunning } from "./every.ts";
import { canonicalName, isPermitted } from "./names.ts";
import { createPublished } from "./published.ts";
import { type KeptPair, openPairStore, type PairStore } from "./store.ts";

/** Interval at which names, addresses and dates are checked. */
const CHECK_INTERVAL_MS = 60_000;
/** Name of the copy of the CA. It is written first, so that a crash never leaves half a CA without it. */
const CA_COPY = "ca-copy";
const CA_WARNING_MS = 90 * 86_400_000;

/** What makes certificates takes a fifth of the time of a start, and most starts make none. */
const loadMaker = () => import("./ca.ts");

/** Options of `createCertificates()`. */
export interface CertificatesOptions {
  /** Absolute path; certificates and keys are in its subfolder `tls`. */
  readonly dataDir: string;
  /** The current names and addresses of the gateway: `listNames()`. */
  readonly names: () => readonly string[];
  /** The host name that the name of the CA contains. */
  readonly host?: string;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly every?: Every;
  readonly tell?: Tell;
  readonly reader?: FileReader;
}

/**
 * Reads the CA and the certificate from the data folder, or makes them, and from then on renews the certificate at two
 * thirds of its lifetime and as soon as it lacks a name or an address. A CA is made only if the folder has none.
 * @throws CertificateError when the folder cannot be used or the CA in it is damaged, incomplete or expired
 */
export async function createCertificates(options: CertificatesOptions): Promise<CertificateSource> {
  const { dataDir, names, host = Deno.hostname(), now = Date.now, tell = () => {} } = options;
  const store = await openPairStore(dataDir, tell, options.reader);
  const ca = await openCa({ store, host, names: names(), nowMs: now(), tell });
  const issuer = new Issuer({ store, ca, names, now, tell });
  return keepRenewed(issuer, await issuer.open(), options.every ?? everyInterval, tell);
}

interface IssuerOptions {
  readonly store: PairStore;
  readonly ca: Signed;
  readonly names: () => readonly string[];
  readonly now: () => number;
  readonly tell: Tell;
}

/** Makes the gateway's certificates with its CA. */
class Issuer {
  readonly #options: IssuerOptions;
  #zones: Promise<readonly string[] | undefined> | undefined;
  /** Names that the CA may not sign, each reported once. */
  readonly #reported = new Set<string>();

  constructor(options: IssuerOptions) {
    this.#options = options;
  }

  /** The certificate in the folder, or a new one if that is unusable or due for renewal. */
  async open(): Promise<CertificatePair> {
    const { store, ca } = this.#options;
    const kept = await readKept(store, ca);
    if (typeof kept === "string") return await this.issue(kept);
    const reason = await this.reasonToRenew(kept);
    return reason === undefined ? kept : await this.issue(reason);
  }

  /** Why a certificate is due for renewal; undefined if it is not. */
  async reasonToRenew(pair: CertificatePair): Promise<string | undefined> {
    const aged = reasonOfAge(pair, this.#options.now());
    if (aged !== undefined) return aged;
    const covered = new Set(readNames(pair.cert).map(canonicalName));
    const missing = await this.#permit(this.#listNames().filter((name) => !covered.has(name)));
    return missing.length === 0 ? undefined : `the old one does not cover ${missing.join(", ")}`;
  }

  /** Makes a certificate and writes it into the folder. @throws Error when that fails */
  async issue(reason: string): Promise<CertificatePair> {
    const { store, ca, now, tell } = this.#options;
    const { makeLeaf } = await loadMaker();
    const names = await this.#permit(this.#listNames());
    await store.write("leaf", await makeLeaf({ ca, names, nowMs: now() }));
    tell("info", `Made a certificate: ${reason}`);
    return await readLeaf(store, ca);
  }

  #listNames(): string[] {
    return [...new Set(this.#options.names().map(canonicalName).filter((name) => name !== undefined))];
  }

  /** Those names that the CA may sign. */
  async #permit(needed: readonly string[]): Promise<string[]> {
    if (needed.length === 0) return [];
    const { ca, store, tell } = this.#options;
    const zones = await (this.#zones ??= loadMaker().then(({ readConstraints }) => readConstraints(ca.cert)));
    for (const name of needed) {
      if (isPermitted(name, zones) || this.#reported.has(name)) continue;
      this.#reported.add(name);
      tell("warn", `The local CA is not allowed to sign ${name}: ${newCaAdvice(store)}`);
    }
    return needed.filter((name) => isPermitted(name, zones));
  }
}

function keepRenewed(issuer: Issuer, first: CertificatePair, every: Every, tell: Tell): CertificateSource {
  const published = createPublished(first);
  async function check(): Promise<void> {
    try {
      const reason = await issuer.reasonToRenew(published.current);
      if (reason !== undefined) published.publish(await issuer.issue(reason));
    } catch (thrown) {
      tell("warn", `Cannot renew the certificate: ${thrown instanceof Error ? thrown.message : thrown}`);
    }
  }
  const close = every(CHECK_INTERVAL_MS, skipWhileRunning(check));
  return {
    get current() {
      return published.current;
    },
    subscribe: published.subscribe,
    close,
  };
}

async function openCa({ store, host, names, nowMs, tell }: {
  store: PairStore;
  host: string;
  names: readonly string[];
  nowMs: number;
  tell: Tell;
}): Promise<Signed> {
  const kept = await store.read("ca");
  if (kept.cert === undefined && kept.key === undefined) {
    const { makeCa } = await loadMaker();
    const made = await makeCa({ host, names: names.map(canonicalName).filter((n) => n !== undefined), nowMs });
    await store.write(CA_COPY, made);
    await store.write("ca", made);
    tell("info", `Made a local CA in ${store.folder}`);
    return made;
  }
  const ca = await readOrRestoreCa(kept, store, tell);
  const leftMs = Date.parse(parseCertificate(ca.cert, `${store.folder}/ca.crt`).validTo) - nowMs;
  if (leftMs <= 0) throw new CertificateError(`${store.folder}/ca.crt has expired: ${newCaAdvice(store)}`);
  if (leftMs < CA_WARNING_MS) tell("warn", `${store.folder}/ca.crt expires soon: ${newCaAdvice(store)}`);
  return ca;
}

/** Reads the CA, or its copy where it is broken. @throws CertificateError rather than making a CA that no device trusts */
async function readOrRestoreCa(kept: KeptPair, store: PairStore, tell: Tell): Promise<Signed> {
  const copy = await findCopy(store);
  try {
    const ca = readCa(kept, store);
    // Without the copy, the gateway works as well: the disk may be read-only.
    if (copy?.cert !== ca.cert || copy.key !== ca.key) await store.write(CA_COPY, ca).catch(() => {});
    return ca;
  } catch (flaw) {
    if (!(flaw instanceof CertificateError)) throw flaw;
    if (!copy) throw new CertificateError(`${flaw.message}: ${restoreAdvice(store)}`, { cause: flaw });
    await store.write("ca", copy);
    tell("warn", `${flaw.message}. The local CA was restored from its copy`);
    return copy;
  }
}

async function findCopy(store: PairStore): Promise<Signed | undefined> {
  try {
    const { cert = "", key = "" } = await store.read(CA_COPY);
    return readPair(cert, key, { cert: `${store.folder}/${CA_COPY}.crt`, key: `${store.folder}/${CA_COPY}.key` });
  } catch (thrown) {
    if (thrown instanceof CertificateError) return undefined;
    throw thrown;
  }
}

/** @throws CertificateError */
function readCa(kept: KeptPair, store: PairStore): Signed {
  const paths = { cert: `${store.folder}/ca.crt`, key: `${store.folder}/ca.key` };
  for (const part of ["cert", "key"] as const) {
    if (kept[part] === undefined) throw new CertificateError(`${paths[part]} is missing`);
  }
  return readPair(kept.cert!, kept.key!, paths);
}

function restoreAdvice(store: PairStore): string {
  return `restore it from a backup, or ${newCaAdvice(store)}`;
}

function newCaAdvice({ folder }: PairStore): string {
  return `delete ca.crt and ca.key in ${folder}, start Porthole again and install the new CA on every device`;
}

/** The certificate in the folder, or why it is unusable. A new one can replace it, because devices trust the CA. */
async function readKept(store: PairStore, ca: Signed): Promise<CertificatePair | string> {
  const { cert, key } = await store.read("leaf");
  if (cert === undefined && key === undefined) return "there was none";
  try {
    return await readLeaf(store, ca);
  } catch (thrown) {
    if (thrown instanceof CertificateError) return thrown.message;
    throw thrown;
  }
}

async function readLeaf(store: PairStore, ca: Signed): Promise<CertificatePair> {
  const { cert, key } = await store.read("leaf");
  const paths = { cert: `${store.folder}/leaf.crt`, key: `${store.folder}/leaf.key` };
  const pair = readPair(cert ?? "", key ?? "", paths);
  const { publicKey, fingerprint256 } = parseCertificate(ca.cert, `${store.folder}/ca.crt`);
  if (!parseCertificate(pair.cert, paths.cert).verify(publicKey)) {
    throw new CertificateError(`${paths.cert} was not signed by ${store.folder}/ca.crt`);
  }
  return { ...pair, caPem: ca.cert, caFingerprint256: fingerprint256 };
}

function reasonOfAge(pair: CertificatePair, nowMs: number): string | undefined {
  const { validFrom, validTo } = parseCertificate(pair.cert, "the certificate");
  const [fromMs, toMs] = [Date.parse(validFrom), Date.parse(validTo)];
  if (nowMs < fromMs) return "the old one is not valid yet";
  if (nowMs >= fromMs + (toMs - fromMs) * 2 / 3) return "the old one has passed two thirds of its lifetime";
}
