/** Reads the environment variables and files that a configuration refers to. */
import { resolve } from "node:path";
import { FileFault, type FileReader } from "../files/file_reader.ts";
import type { Complaint } from "./fields.ts";
import { formatPath, type Path } from "./problem.ts";
import { Secret } from "./secret.ts";

/** The value of an environment variable. */
export type ReadEnv = (name: string) => string | undefined;

/** A secret as it is written: its text, or the variable or file that contains it. */
export type WrittenSecret = string | { readonly env?: string | undefined; readonly file?: string | undefined };

/** Longer files are refused. Bundles of all public CAs have about 250 KiB. */
const PEM_MAX_BYTES = 1024 ** 2;
const SECRET_MAX_BYTES = 64 * 1024;

/** The effects of a resolver. */
export interface ResolverOptions {
  /** The folder at which relative paths start; by default the working directory. */
  readonly folder?: string;
  readonly env: ReadEnv;
  readonly reader: FileReader;
}

/** Resolves the references of one provider. One that cannot be read becomes a complaint and gives undefined. */
export class Resolver {
  readonly #folder: string;
  readonly #env: ReadEnv;
  readonly #reader: FileReader;
  readonly #files = new Set<string>();
  readonly #complaints: Complaint[] = [];
  readonly #known = new Map<string, Promise<unknown>>();

  constructor({ folder = ".", env, reader }: ResolverOptions) {
    this.#folder = folder;
    this.#env = env;
    this.#reader = reader;
  }

  get complaints(): readonly Complaint[] {
    return this.#complaints;
  }

  /** Absolute paths of all files that it tried to read so far. */
  get files(): ReadonlySet<string> {
    return this.#files;
  }

  /** Makes a path absolute, starting at the resolver's folder. */
  resolvePath(path: string): string {
    return resolve(this.#folder, path);
  }

  /** Adds a complaint about the value at a path. */
  complain(path: Path, message: string): void {
    this.#complaints.push({ path, message });
  }

  /** A secret, read once for each path. */
  readSecret(path: Path, written: WrittenSecret): Promise<Secret | undefined> {
    return this.#once(path, async () => {
      if (typeof written === "string") return new Secret(written);
      if (written.env !== undefined) return await this.#readVariable([...path, "env"], written.env);
      return await this.#readSecretFile([...path, "file"], written.file ?? "");
    });
  }

  /** The PEM text of a file of certificates, read once for each path. */
  readCertificates(path: Path, name: string): Promise<string | undefined> {
    return this.#once(path, () => this.#readPem(path, name, ["CERTIFICATE", "certificate"]));
  }

  /** The PEM text of a public key. */
  readPublicKey(path: Path, name: string): Promise<string | undefined> {
    return this.#readPem(path, name, ["PUBLIC KEY", "public key"]);
  }

  /** Reads once: every source resolves the references in `defaults`, and a complaint must be made once. */
  #once<T>(path: Path, read: () => Promise<T>): Promise<T> {
    const key = formatPath(path);
    const found = this.#known.get(key) ?? read();
    this.#known.set(key, found);
    return found as Promise<T>;
  }

  async #readPem(path: Path, name: string, [label, what]: [string, string]): Promise<string | undefined> {
    const text = await this.#readText(path, name, PEM_MAX_BYTES);
    if (text === undefined || text.includes(`-----BEGIN ${label}-----`)) return text;
    this.complain(path, `must be a file with a ${what} in PEM format: ${name}`);
  }

  async #readVariable(path: Path, name: string): Promise<Secret | undefined> {
    const value = this.#env(name);
    if (value) return new Secret(value);
    const secretFile = this.#env(`${name}_FILE`);
    if (secretFile) return await this.#readSecretFile(path, resolve(secretFile));
    this.complain(path, `needs the environment variable ${name} (or ${name}_FILE), which is not set`);
  }

  async #readSecretFile(path: Path, name: string): Promise<Secret | undefined> {
    const text = (await this.#readText(path, name, SECRET_MAX_BYTES))?.replace(/\r?\n$/, "");
    if (text === "") this.complain(path, `must not be empty: ${name}`);
    return text ? new Secret(text) : undefined;
  }

  async #readText(path: Path, name: string, maxBytes: number): Promise<string | undefined> {
    const absolute = this.resolvePath(name);
    this.#files.add(absolute);
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(await this.#reader.read(absolute, maxBytes));
    } catch (error) {
      this.complain(path, `cannot read ${name}: ${explainReadError(error)}`);
    }
  }
}

/** Why reading failed, in a few words, without the path that Deno's message contains. */
export function explainReadError(error: unknown): string {
  if (error instanceof FileFault) return error.message;
  if (error instanceof Deno.errors.NotFound) return "not found";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.NotCapable) return "Deno has no permission to read it";
  if (error instanceof TypeError) return "it is not valid UTF-8 text";
  return error instanceof Error && "code" in error ? String(error.code) : "failed";
}
