/** The folder `tls` in the data folder: certificates and keys that only their owner can read. */
import { createFileReader, type FileReader } from "../files/file_reader.ts";
import { replaceFile } from "../store/replace_file.ts";
import { CertificateError, type Tell } from "./certificate.ts";
import type { Signed } from "./ca.ts";

const OTHERS = 0o077;
const FILE_MAX_BYTES = 1024 ** 2;
const POSIX = Deno.build.os !== "windows";

/** The texts of a pair. */
export interface KeptPair {
  readonly cert: string | undefined;
  readonly key: string | undefined;
}

/** Keeps pairs of `NAME.crt` and `NAME.key`; the folder is 0700 and the files are 0600. */
export interface PairStore {
  /** Path of the folder, for messages. */
  readonly folder: string;
  /** The pair with this name, with undefined for a file that does not exist. @throws CertificateError when unreadable */
  read(name: string): Promise<KeptPair>;
  /** Replaces the key, then the certificate. @throws CertificateError when that fails */
  write(name: string, pair: Signed): Promise<void>;
}

/** Opens the folder, or creates it, and removes the permissions of other users. */
export async function openPairStore(dataDir: string, tell: Tell, reader = createFileReader()): Promise<PairStore> {
  const folder = `${dataDir}/tls`;
  await attempt(`Cannot make the folder ${folder}`, () =>
    reader.guard(folder, async () => {
      await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
      await restrict(folder, 0o700, tell);
    }));
  return {
    folder,
    read: async (name) => ({
      cert: await readText(reader, `${folder}/${name}.crt`, tell),
      key: await readText(reader, `${folder}/${name}.key`, tell),
    }),
    async write(name, { cert, key }) {
      await write(`${folder}/${name}.key`, key);
      await write(`${folder}/${name}.crt`, cert);
    },
  };
}

function readText(reader: FileReader, path: string, tell: Tell): Promise<string | undefined> {
  return attempt(`Cannot read ${path}`, async () => {
    try {
      const bytes = await reader.read(path, FILE_MAX_BYTES);
      await restrict(path, 0o600, tell);
      return new TextDecoder().decode(bytes);
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

async function restrict(path: string, mode: number, tell: Tell): Promise<void> {
  const { mode: found } = await Deno.stat(path);
  if (!POSIX || found === null || (found & OTHERS) === 0) return;
  await Deno.chmod(path, mode);
  tell("warn", `${path} was accessible to other users of this machine; its permissions were corrected`);
}

async function attempt<T>(action: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (cause) {
    throw explain(action, cause);
  }
}

function explain(action: string, cause: unknown): CertificateError {
  if (cause instanceof CertificateError) return cause;
  return new CertificateError(`${action}: ${cause instanceof Error ? cause.message : cause}`, { cause });
}
