/** Environment variables and files that a configuration refers to, read when it is loaded. */
import { resolve } from "node:path";
import { formatPath, type Path, placeNowhere, type PlaceProblem, type Problem } from "./problem.ts";
import { Secret } from "./secret.ts";

/** Reads a whole file. */
export type ReadFile = (path: string) => Promise<Uint8Array>;

/** The value of an environment variable. */
export type ReadEnv = (name: string) => string | undefined;

/** A secret as it is written: its text, or the variable or file that has it. */
export type WrittenSecret = string | { readonly env?: string | undefined; readonly file?: string | undefined };

/** What a resolver works with. */
export interface ResolverOptions {
  /** Relative paths begin here; the working directory when left out. */
  readonly folder?: string;
  readonly env: ReadEnv;
  readonly readFile: ReadFile;
  readonly placeProblem?: PlaceProblem;
}

/** Follows what one provider refers to. What cannot be read is noted as a problem and gives undefined. */
export class Resolver {
  readonly #folder: string;
  readonly #env: ReadEnv;
  readonly #readFile: ReadFile;
  readonly #placeProblem: PlaceProblem;
  readonly #files = new Set<string>();
  readonly #problems: Problem[] = [];
  readonly #known = new Map<string, Promise<unknown>>();

  constructor({ folder = ".", env, readFile, placeProblem = placeNowhere }: ResolverOptions) {
    this.#folder = folder;
    this.#env = env;
    this.#readFile = readFile;
    this.#placeProblem = placeProblem;
  }

  get problems(): readonly Problem[] {
    return this.#problems;
  }

  /** Absolute paths of all files that were asked for so far, readable or not. */
  get files(): ReadonlySet<string> {
    return this.#files;
  }

  /** An absolute path; a relative one begins at the resolver's folder. */
  resolvePath(path: string): string {
    return resolve(this.#folder, path);
  }

  /** Notes that something is wrong with the value at a path. */
  complain(path: Path, message: string): void {
    this.#problems.push(this.#placeProblem(path, message));
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

  /** What `defaults` refers to is asked for by every source, and read and reported once. */
  #once<T>(path: Path, read: () => Promise<T>): Promise<T> {
    const key = formatPath(path);
    const found = this.#known.get(key) ?? read();
    this.#known.set(key, found);
    return found as Promise<T>;
  }

  async #readPem(path: Path, name: string, [label, what]: [string, string]): Promise<string | undefined> {
    const text = await this.#readText(path, name);
    if (text === undefined || text.includes(`-----BEGIN ${label}-----`)) return text;
    this.complain(path, `has no ${what} in PEM format: ${name}`);
  }

  async #readVariable(path: Path, name: string): Promise<Secret | undefined> {
    const value = this.#env(name);
    if (value) return new Secret(value);
    const secretFile = this.#env(`${name}_FILE`);
    if (secretFile) return await this.#readSecretFile(path, resolve(secretFile));
    this.complain(path, `needs the environment variable ${name} (or ${name}_FILE), which is not set`);
  }

  async #readSecretFile(path: Path, name: string): Promise<Secret | undefined> {
    const text = (await this.#readText(path, name))?.replace(/\r?\n$/, "");
    if (text === "") this.complain(path, `must not be empty: ${name}`);
    return text ? new Secret(text) : undefined;
  }

  async #readText(path: Path, name: string): Promise<string | undefined> {
    const absolute = this.resolvePath(name);
    this.#files.add(absolute);
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(await this.#readFile(absolute));
    } catch (error) {
      this.complain(path, `cannot read ${name}: ${explainReadError(error)}`);
    }
  }
}

/** Why a read failed, in a few words and without the path that Deno puts into its message. */
export function explainReadError(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "not found";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (error instanceof Deno.errors.NotCapable) return "Deno has no permission to read it";
  if (error instanceof Deno.errors.IsADirectory) return "it is a folder";
  if (error instanceof TypeError) return "it is not valid UTF-8 text";
  return error instanceof Error && "code" in error ? String(error.code) : "failed";
}
