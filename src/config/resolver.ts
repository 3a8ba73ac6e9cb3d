/** What a configuration refers to outside of its own text: environment variables and files, read once when it is loaded. */
import { resolve } from "node:path";
import { formatPath, type Path, placeNowhere, type PlaceProblem, type Problem } from "./problem.ts";
import { Secret } from "./secret.ts";

/** Reads a whole file. */
export type ReadFile = (path: string) => Promise<Uint8Array>;

/** The value of an environment variable. */
export type ReadEnv = (name: string) => string | undefined;

/** A secret as it is written: the text itself, or where it is. */
export type WrittenSecret = string | { readonly env?: string | undefined; readonly file?: string | undefined };

/** Follows references. What cannot be read is noted as a problem and gives undefined. */
export interface Resolver {
  /** An absolute path; a relative one begins at the resolver's folder. */
  resolvePath(path: string): string;
  /** A secret, read once however often it is asked for. */
  readSecret(path: Path, written: WrittenSecret): Promise<Secret | undefined>;
  /** The PEM text of a file of certificates, read once. */
  readCertificates(path: Path, file: string): Promise<string | undefined>;
  /** The PEM text of a public key. */
  readPublicKey(path: Path, file: string): Promise<string | undefined>;
  /** Notes that something is wrong with the value at a path. */
  complain(path: Path, message: string): void;
  readonly problems: readonly Problem[];
  /** Absolute paths of all files that were asked for so far, readable or not. */
  readonly files: ReadonlySet<string>;
}

/** What a resolver works with. */
export interface ResolverOptions {
  /** Relative paths begin here; the working directory when left out. */
  readonly folder?: string;
  readonly env: ReadEnv;
  readonly readFile: ReadFile;
  readonly placeProblem?: PlaceProblem;
}

/** A resolver for what one provider refers to. */
export function createResolver(options: ResolverOptions): Resolver {
  const { folder = ".", env, readFile, placeProblem = placeNowhere } = options;
  const files = new Set<string>();
  const problems: Problem[] = [];
  const resolvePath = (path: string) => resolve(folder, path);
  const complain = (path: Path, message: string) => void problems.push(placeProblem(path, message));
  const once = createMemo();

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

  async function readPem(path: Path, name: string, label: string, what: string): Promise<string | undefined> {
    const text = await readText(path, name);
    if (text === undefined || text.includes(`-----BEGIN ${label}-----`)) return text;
    complain(path, `has no ${what} in PEM format: ${name}`);
  }

  async function readSecretFile(path: Path, name: string): Promise<Secret | undefined> {
    const text = (await readText(path, name))?.replace(/\r?\n$/, "");
    if (text === "") complain(path, `must not be empty: ${name}`);
    return text ? new Secret(text) : undefined;
  }

  async function readVariable(path: Path, name: string): Promise<Secret | undefined> {
    const value = env(name);
    if (value) return new Secret(value);
    const secretFile = env(`${name}_FILE`);
    if (secretFile) return await readSecretFile(path, resolve(secretFile));
    complain(path, `needs the environment variable ${name} (or ${name}_FILE), which is not set`);
  }

  async function readSecret(path: Path, written: WrittenSecret): Promise<Secret | undefined> {
    if (typeof written === "string") return new Secret(written);
    if (written.env !== undefined) return await readVariable([...path, "env"], written.env);
    return await readSecretFile([...path, "file"], written.file ?? "");
  }

  return {
    files,
    problems,
    resolvePath,
    complain,
    readSecret: (path, written) => once(path, () => readSecret(path, written)),
    readCertificates: (path, name) => once(path, () => readPem(path, name, "CERTIFICATE", "certificate")),
    readPublicKey: (path, name) => readPem(path, name, "PUBLIC KEY", "public key"),
  };
}

/** Remembers by path, so that what `defaults` refers to is read once and reported once. */
function createMemo(): <T>(path: Path, read: () => Promise<T>) => Promise<T> {
  const known = new Map<string, Promise<unknown>>();
  return <T>(path: Path, read: () => Promise<T>) => {
    const key = formatPath(path);
    const found = known.get(key) ?? read();
    known.set(key, found);
    return found as Promise<T>;
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
