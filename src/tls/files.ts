/** `tls: {cert, key}`: PEM files of the administrator, watched for renewals. */
import { createFileReader, FileFault, type FileReader } from "../files/file_reader.ts";
import {
  CertificateError,
  type CertificatePair,
  type CertificateSource,
  parseCertificate,
  readPair,
  type Tell,
} from "./certificate.ts";
import { type Every, everyInterval, skipWhileRunning } from "./every.ts";
import { createPublished } from "./published.ts";

/** Files are polled, because file events miss renamed folders, symlinks, bind mounts and network disks. */
const CHECK_INTERVAL_MS = 2_000;
const FILE_MAX_BYTES = 1024 ** 2;

/** Options of `createFileCertificate()`. */
export interface FileCertificateOptions {
  /** Path of the PEM certificate, with its chain after it. */
  readonly cert: string;
  /** Path of the PEM private key. */
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  readonly every?: Every;
  readonly tell?: Tell;
  readonly reader?: FileReader;
}

/**
 * Reads the pair, and reads it again after each change. A new pair is published as soon as its key matches; until then
 * the old one stays in use. An expired certificate is used, with a warning.
 * @throws CertificateError when a file is missing, unreadable or not PEM, or when the key belongs to another certificate
 */
export async function createFileCertificate(options: FileCertificateOptions): Promise<CertificateSource> {
  const { cert, now = Date.now, every = everyInterval, tell = () => {} } = options;
  const published = createPublished(await readFiles(options));
  warnOfDates(published.current, cert, now(), tell);

  let complaint = "";
  let told = "";
  async function check(): Promise<void> {
    try {
      const pair = await readFiles(options);
      complaint = told = "";
      if (pair.cert === published.current.cert && pair.key === published.current.key) return;
      tell("info", `Using the renewed certificate from ${cert}`);
      warnOfDates(pair, cert, now(), tell);
      published.publish(pair);
    } catch (thrown) {
      if (!(thrown instanceof CertificateError)) throw thrown;
      // A renewal replaces one file after the other, so a fault is reported (once) only if the next check finds it again.
      if (thrown.message === complaint && complaint !== told) {
        told = complaint;
        tell("warn", `Keeping the old certificate: ${complaint}`);
      }
      complaint = thrown.message;
    }
  }
  const stop = every(CHECK_INTERVAL_MS, skipWhileRunning(check));
  return {
    get current() {
      return published.current;
    },
    subscribe: published.subscribe,
    close: stop,
  };
}

async function readFiles(options: FileCertificateOptions): Promise<CertificatePair> {
  const { reader = createFileReader(), cert, key } = options;
  const certText = await readText(reader, cert, "certificate");
  const keyText = await readText(reader, key, "key");
  return readPair(pickBlocks(certText, "CERTIFICATE"), pickBlocks(keyText, "PRIVATE KEY"), { cert, key });
}

/** Of a file that contains certificates and key, as websockify and HAProxy take it, the blocks of one kind. */
function pickBlocks(pem: string, kind: string): string {
  if (!pem.includes("CERTIFICATE-----") || !pem.includes("PRIVATE KEY-----")) return pem;
  const blocks = pem.match(/-----BEGIN ([A-Z ]+)-----[^]*?-----END \1-----\n?/g) ?? [];
  return blocks.filter((block) => block.includes(`${kind}-----`)).join("");
}

async function readText(reader: FileReader, path: string, what: string): Promise<string> {
  try {
    return new TextDecoder().decode(await reader.read(path, FILE_MAX_BYTES));
  } catch (cause) {
    throw new CertificateError(`Cannot read the ${what} ${path}: ${reasonOf(cause)}`, { cause });
  }
}

function reasonOf(thrown: unknown): string {
  if (thrown instanceof Deno.errors.NotFound) return "no such file";
  if (thrown instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (thrown instanceof FileFault) return thrown.message;
  return thrown instanceof Error ? thrown.message : String(thrown);
}

function warnOfDates(pair: CertificatePair, path: string, nowMs: number, tell: Tell): void {
  const { validFrom, validTo } = parseCertificate(pair.cert, path);
  if (nowMs >= pair.notAfterMs) tell("warn", `${path} expired on ${validTo}; browsers will refuse it`);
  if (nowMs < Date.parse(validFrom)) tell("warn", `${path} is not valid before ${validFrom}; browsers will refuse it`);
}
