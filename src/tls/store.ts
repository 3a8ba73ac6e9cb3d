/** The folder `tls` in the data folder: certificates and keys, for the owner's eyes only. */
import { CertificateError, type Tell } from "./certificate.ts";
import type { Signed } from "./ca.ts";

const OTHERS = 0o077;
const POSIX = Deno.build.os !== "windows";

/** Keeps pairs of `NAME.crt` and `NAME.key`; the folder is 0700 and the files are 0600. */
export interface PairStore {
  /** The folder, for messages. */
  readonly folder: string;
  /** The pair by that name, with undefined for a file that is not there. @throws CertificateError when unreadable */
  read(name: string): { readonly cert: string | undefined; readonly key: string | undefined };
  /** Writes the key, then the certificate, each at once or not at all. @throws CertificateError when it cannot */
  write(name: string, pair: Signed): void;
}

/** Opens the folder, making it if need be, and takes away what rights others have on it. */
export function openPairStore(dataDir: string, tell: Tell): PairStore {
  const folder = `${dataDir}/tls`;
  attempt(`Cannot make the folder ${folder}`, () => {
    Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
    restrict(folder, 0o700, tell);
  });
  return {
    folder,
    read: (name) => ({
      cert: readText(`${folder}/${name}.crt`, tell),
      key: readText(`${folder}/${name}.key`, tell),
    }),
    write(name, { cert, key }) {
      writeWhole(`${folder}/${name}.key`, key);
      writeWhole(`${folder}/${name}.crt`, cert);
    },
  };
}

function readText(path: string, tell: Tell): string | undefined {
  return attempt(`Cannot read ${path}`, () => {
    try {
      const text = Deno.readTextFileSync(path);
      restrict(path, 0o600, tell);
      return text;
    } catch (thrown) {
      if (thrown instanceof Deno.errors.NotFound) return undefined;
      throw thrown;
    }
  });
}

/** A reader sees the old text or the new text, also after a power cut. */
function writeWhole(path: string, text: string): void {
  const draft = `${path}.${crypto.randomUUID()}`;
  attempt(`Cannot write ${path}`, () => {
    try {
      using file = Deno.openSync(draft, { write: true, createNew: true, mode: 0o600 });
      const bytes = new TextEncoder().encode(text);
      for (let at = 0; at < bytes.length;) at += file.writeSync(bytes.subarray(at));
      file.syncSync();
      Deno.renameSync(draft, path);
    } catch (thrown) {
      try {
        Deno.removeSync(draft);
      } catch { /* it was never made */ }
      throw thrown;
    }
  });
}

function restrict(path: string, mode: number, tell: Tell): void {
  const found = Deno.statSync(path).mode;
  if (!POSIX || found === null || (found & OTHERS) === 0) return;
  Deno.chmodSync(path, mode);
  tell("warn", `${path} was open to other users of this machine; it is not any more`);
}

function attempt<T>(action: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    if (cause instanceof CertificateError) throw cause;
    throw new CertificateError(`${action}: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}
