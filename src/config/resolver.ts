/** What a configuration refers to outside of its own text: environment variables and files, read once when it is loaded. */
import { dirname, resolve } from "node:path";
import type { Path } from "./problem.ts";
import { Secret } from "./secret.ts";

/** Reads a whole file. */
export type ReadFile = (path: string) => Promise<Uint8Array>;

/** The value of an environment variable. */
export type ReadEnv = (name: string) => string | undefined;

/** A secret as it is written: the text itself, or where it is. */
export type WrittenSecret = string | { readonly env?: string | undefined; readonly file?: string | undefined };

/** Notes one problem. */
export type Complain = (path: Path, message: string) => void;

/** Follows what a configuration refers to; what cannot be read is a complaint and yields undefined. */
export interface Resolver {
  /** An absolute path; relative ones begin at the configuration file's folder. */
  resolvePath(path: string): string;
  readSecret(path: Path, written: WrittenSecret): Promise<Secret | undefined>;
  /** The PEM text of a file of certificates. */
  readCertificates(path: Path, file: string): Promise<string | undefined>;
  /** The PEM text of a public key. */
  readPublicKey(path: Path, file: string): Promise<string | undefined>;
  /** Notes what is wrong with something that was read. */
  readonly complain: Complain;
  /** Absolute paths of all files that were asked for so far, readable or not. */
  readonly files: ReadonlySet<string>;
}

/** A resolver for the configuration at `file`; without one, relative paths begin at the working directory. */
export function createResolver(
  options: { file?: string | undefined; env: ReadEnv; readFile: ReadFile; complain: Complain },
): Resolver {
  const { file, env, readFile, complain } = options;
  const folder = file === undefined ? "." : dirname(file);
  const files = new Set<string>();
  const resolvePath = (path: string) => resolve(folder, path);

  async function readText(path: Path, name: string): Promise<string | undefined> {
    const absolute = resolvePath(name);
    files.add(absolute);
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(absolute));
    } catch (error) {
      complain(path, `cannot read ${name}: ${explainReadError(error)}`);
      return undefined;
    }
  }

  async function readSecretFile(path: Path, name: string): Promise<Secret | undefined> {
    const text = (await readText(path, name))?.replace(/\r?\n$/, "");
    if (text === "") complain(path, `must not be empty: ${name}`);
    return text ? new Secret(text) : undefined;
  }

  function readVariable(path: Path, name: string): Promise<Secret | undefined> | Secret | undefined {
    const value = env(name);
    if (value) return new Secret(value);
    const secretFile = env(`${name}_FILE`);
    if (secretFile) return readSecretFile(path, resolve(secretFile));
    complain(path, `needs the environment variable ${name} (or ${name}_FILE), which is not set`);
  }

  return {
    files,
    resolvePath,
    complain,
    async readPublicKey(path, name) {
      const text = await readText(path, name);
      if (text === undefined || text.includes("-----BEGIN PUBLIC KEY-----")) return text;
      complain(path, `has no public key in PEM: ${name}`);
    },
    async readSecret(path, written) {
      if (typeof written === "string") return new Secret(written);
      if (written.env !== undefined) return await readVariable([...path, "env"], written.env);
      return await readSecretFile([...path, "file"], written.file ?? "");
    },
    async readCertificates(path, name) {
      const text = await readText(path, name);
      if (text === undefined || text.includes("-----BEGIN CERTIFICATE-----")) return text;
      complain(path, `has no certificate in PEM: ${name}`);
    },
  };
}

/** A failed read in a few words, without the path that Deno puts into its message. */
export function explainReadError(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "not found";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.NotCapable) return "Deno was not allowed to read it";
  if (error instanceof Deno.errors.IsADirectory) return "is a folder";
  if (error instanceof TypeError) return "is not UTF-8 text";
  return error instanceof Error && "code" in error ? String(error.code) : "failed";
}
