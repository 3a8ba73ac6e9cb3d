/** sources.yaml, command line and environment in; one frozen Config out, or every problem at once. */
import { resolve } from "node:path";
import { parseTarget } from "./address.ts";
import { buildAuth, buildGateway, buildLimits, buildSource, type Overrides } from "./build.ts";
import type { Config, Source } from "./config.ts";
import { explainExposure } from "./exposure.ts";
import { type Complaint, isMapping } from "./fields.ts";
import { freezeDeeply } from "./freeze.ts";
import { ConfigError, formatPath, type Problem } from "./problem.ts";
import { createResolver, explainReadError, type ReadEnv, type ReadFile, type Resolver } from "./resolver.ts";
import { checkWritten, type Written } from "./schema.ts";
import { MAX_FILE_BYTES, readYaml, type YamlDocument } from "./yaml_document.ts";

/** Where a configuration comes from. */
export interface LoadOptions {
  /** Path of sources.yaml; without it (and without text) there are only overrides. */
  readonly file?: string;
  /** The text itself, in place of the file's; `file` then only says where it is from. */
  readonly text?: string;
  readonly overrides?: Overrides;
  readonly env: ReadEnv;
  readonly readFile?: ReadFile;
}

/** A configuration, and the absolute paths of every file that it was read from. */
export interface Loaded {
  readonly config: Config;
  readonly files: readonly string[];
}

/**
 * Reads, checks and resolves a configuration whole.
 * @throws ConfigError with every problem.
 */
export async function loadConfig(options: LoadOptions): Promise<Loaded> {
  const { file, overrides = {}, env, readFile = Deno.readFile } = options;
  const complaints: Complaint[] = [];
  const complain = (path: Complaint["path"], message: string) => void complaints.push({ path, message });
  const resolver = createResolver({ file, env, readFile, complain });
  try {
    const document = await readDocument(options, readFile);
    const written = checkWritten(document?.value ?? {});
    complaints.push(...written.complaints);
    if (document !== undefined && !hasSources(document.value) && !overrides.targets?.size) {
      complain(["sources"], "is missing");
    }
    const config = await build(written, overrides, resolver, complain);
    if (config === undefined || complaints.length > 0) throw new ConfigError(placeProblems(complaints, document));
    const files = file === undefined ? [] : [resolve(file)];
    return { config: freezeDeeply(config), files: [...files, ...resolver.files] };
  } catch (error) {
    if (error instanceof ConfigError && file !== undefined) throw nameFile(error, file);
    throw error;
  }
}

async function readDocument(options: LoadOptions, readFile: ReadFile): Promise<YamlDocument | undefined> {
  if (options.text !== undefined) return readYaml(options.text);
  if (options.file === undefined) return undefined;
  const bytes = await readFile(options.file).catch((error) => {
    throw new ConfigError([{ path: "", message: `Cannot read it: ${explainReadError(error)}` }]);
  });
  if (bytes.length > MAX_FILE_BYTES) throw new ConfigError([{ path: "", message: "must be at most 1 MiB" }]);
  return readYaml(decodeText(bytes));
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ConfigError([{ path: "", message: "is not UTF-8 text", line: findBadLine(bytes), column: 1 }]);
  }
}

/** UTF-8 never has the byte of a line feed inside a character, so lines can be tried one by one. */
function findBadLine(bytes: Uint8Array): number {
  let [line, start] = [1, 0];
  for (;; line++) {
    const end = bytes.indexOf(10, start);
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(start, end === -1 ? bytes.length : end));
    } catch {
      return line;
    }
    if (end === -1) return line;
    start = end + 1;
  }
}

async function build(
  written: Written,
  overrides: Overrides,
  resolver: Resolver,
  complain: (path: Complaint["path"], message: string) => void,
): Promise<Config | undefined> {
  const { file } = written;
  const sources = new Map<string, Source>();
  for (const [name, source] of written.sources) {
    sources.set(name, await buildSource(name, source, file?.defaults ?? {}, resolver));
  }
  for (const [name, target] of overrides.targets ?? []) {
    sources.set(name, await buildSource(name, { place: parseTarget(target) }, file?.defaults ?? {}, resolver));
  }
  if (file === undefined) return undefined;
  const gateway = buildGateway(file.gateway, overrides, resolver);
  const auth = buildAuth(file.auth, overrides);
  const exposure = explainExposure(gateway, auth);
  if (exposure !== undefined) complain(auth.mode === "methods" ? ["auth"] : ["gateway", "listen"], exposure);
  return { gateway, auth, limits: buildLimits(file.limits), sources };
}

function placeProblems(complaints: readonly Complaint[], document: YamlDocument | undefined): Problem[] {
  return complaints.map(({ path, message, at }) => ({
    path: formatPath(path),
    message,
    ...document?.locate(path, at),
  })).sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}

function nameFile(error: ConfigError, file: string): ConfigError {
  return new ConfigError(error.problems.map((problem) => ({ file, ...problem })));
}

function hasSources(written: unknown): boolean {
  return !isMapping(written) || Object.hasOwn(written, "sources");
}
