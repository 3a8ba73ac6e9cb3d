/** The folder `tls` in the data folder: certificates and keys that only their owner can read. */
import { replaceFile } from "../store/replace_file.ts";
import { CertificateError, type Tell } from "./certificate.ts";
import type { Signed } from "./ca.ts";

const OTHERS = 0o077;
const POSIX = Deno.build.os !== "windows";

/** Keeps pairs of `NAME.crt` and `NAME.key`; the folder is 0700 and the files are 0600. */
export interface PairStore {
  /** Path of the folder, for messages. */
  readonly folder: string;
  /** The pair with this name, with undefined for a file that does not exist. @throws CertificateError when unreadable */
  read(name: string): { readonly cert: string | undefined; readonly key: string | undefined };
  /** Replaces the key, then the certificate. @throws CertificateError when that fails */
  write(name: string, pair: Signed): Promise<void>;
}

/** Opens the folder, or creates it, and removes the permissions of other users. */
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
    async write(name, { cert, key }) {
      await write(`${folder}/${name}.key`, key);
      await write(`${folder}/${name}.crt`, cert);
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

async function write(path: string, text: string): Promise<void> {
  try {
    await replaceFile(path, text);
  } catch (cause) {
    throw explain(`Cannot write ${path}`, cause);
  }
}

function restrict(path: string, mode: number, tell: Tell): void {
  const found = Deno.statSync(path).mode;
  if (!POSIX || found === null || (found & OTHERS) === 0) return;
  Deno.chmodSync(path, mode);
  tell("warn", `${path} was accessible to other users of this machine; its permissions were corrected`);
}

function attempt<T>(action: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    throw explain(action, cause);
  }
}

function explain(action: string, cause: unknown): CertificateError {
  if (cause instanceof CertificateError) return cause;
  return new CertificateError(`${action}: ${cause instanceof Error ? cause.message : cause}`, { cause });
}
