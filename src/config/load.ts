/** sources.yaml, command line and environment in; one frozen Config out, or every problem at once. */
import { resolve } from "node:path";
import { buildAuth } from "./auth_schema.ts";
import { buildGateway, buildLimits, buildSource, type Overrides } from "./build.ts";
import type { Address, Config, SourceConfig } from "./config.ts";
import { type Complaint, isMapping } from "./fields.ts";
import { freezeDeeply } from "./freeze.ts";
import { ConfigError, formatPath, type Problem } from "./problem.ts";
import { renameKeys } from "./renamed_keys.ts";
import { type Complain, createResolver, type ReadEnv, type ReadFile, type Resolver } from "./resolver.ts";
import { checkWritten, type Written } from "./schema.ts";
import { readSourcesFile } from "./sources_file.ts";
import { readTokenFiles } from "./token_file.ts";
import { readYaml, type YamlDocument } from "./yaml_document.ts";

/** More than a person reads; a file that is wrong throughout must not take minutes to say so. */
const MOST_PROBLEMS = 500;

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
  /** What works today and will not in a later release. */
  readonly warnings: readonly Problem[];
}

/**
 * Reads, checks and resolves a configuration whole.
 * @throws ConfigError with every problem.
 */
export async function loadConfig(options: LoadOptions): Promise<Loaded> {
  const { file, overrides = {}, env, readFile = Deno.readFile } = options;
  const complaints: Complaint[] = [];
  const complain: Complain = (path, message) => void complaints.push({ path, message });
  const resolver = createResolver({ file, env, readFile, complain });
  const tokens = await readTokenFiles(overrides.tokenFiles ?? [], readFile);
  const listFiles = () => [...(file === undefined ? [] : [resolve(file)]), ...tokens.files, ...resolver.files];
  try {
    const document = await readDocument(options, readFile);
    const renamed = renameKeys(document?.value ?? {});
    const written = checkWritten(renamed.value);
    complaints.push(
      ...renamed.complaints,
      ...written.complaints.map((one) => ({ ...one, path: renamed.asWritten(one.path) })),
    );
    const targets = new Map([...tokens.targets, ...overrides.targets ?? []]);
    if (needsSources(document) && targets.size === 0) complain(["sources"], "is missing");
    const config = await build(written, targets, overrides, resolver);
    const problems = [...placeProblems(complaints, document), ...tokens.problems];
    if (config === undefined || problems.length > 0) throw new ConfigError(problems);
    const warnings = nameFile(placeProblems(renamed.warnings, document), file);
    return { config: freezeDeeply(config), files: listFiles(), warnings };
  } catch (error) {
    throw error instanceof ConfigError ? new ConfigError(nameFile(error.problems, file), listFiles()) : error;
  }
}

async function readDocument(options: LoadOptions, readFile: ReadFile): Promise<YamlDocument | undefined> {
  if (options.text !== undefined) return readYaml(options.text);
  return options.file === undefined ? undefined : readYaml(await readSourcesFile(options.file, readFile));
}

function needsSources(document: YamlDocument | undefined): boolean {
  return document !== undefined && isMapping(document.value) && !Object.hasOwn(document.value, "sources");
}

async function build(
  written: Written,
  targets: ReadonlyMap<string, Address>,
  overrides: Overrides,
  resolver: Resolver,
): Promise<Config | undefined> {
  const { file } = written;
  const sources = new Map<string, SourceConfig>();
  for (const [name, source] of written.sources) {
    sources.set(name, await buildSource(name, source, file?.defaults ?? {}, resolver));
  }
  for (const [name, place] of targets) {
    sources.set(name, await buildSource(name, { place }, file?.defaults ?? {}, resolver));
  }
  if (file === undefined) return undefined;
  const gateway = await buildGateway(file.gateway, overrides, resolver);
  const auth = await buildAuth(file.auth, overrides.open ?? false, resolver);
  if (auth.mode === "methods" && auth.proxy?.headers && gateway.trustedProxies.length === 0) {
    resolver.complain(["auth", "proxy", "headers"], "needs gateway.trusted_proxies: from nobody else they count");
  }
  return { gateway, auth, limits: buildLimits(file.limits), sources };
}

function placeProblems(complaints: readonly Complaint[], document: YamlDocument | undefined): Problem[] {
  const problems = complaints.slice(0, MOST_PROBLEMS).map(({ path, message, at }): Problem => ({
    path: formatPath(path),
    message,
    ...document?.locate(path, at),
  }));
  return problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}

/** What token files have wrong names its own file already. */
function nameFile(problems: readonly Problem[], file: string | undefined): Problem[] {
  return problems.map((problem) => file === undefined ? problem : { file, ...problem });
}
