/** Loads sources.yaml, other providers, command line and environment into one frozen Config, or reports every problem. */
import { createGiveWay } from "../async/give_way.ts";
import { buildAuth } from "./auth_section.ts";
import { type DescribeCommand, describeHints, describeTask } from "./command_hint.ts";
import type { Config, SourceConfig } from "./config.ts";
import { createFileProvider, type ProvidedFile } from "./file_provider.ts";
import { createFileReader, type FileReader } from "../files/file_reader.ts";
import { freezeDeeply } from "./freeze.ts";
import { buildGateway } from "./gateway_section.ts";
import { buildLimits } from "./limits_section.ts";
import type { Overrides } from "./overrides.ts";
import { ConfigError, formatPath, type Problem } from "./problem.ts";
import { type MergedSource, mergeSources, type NamedProvided, type Provided, type SourceProvider } from "./provider.ts";
import { type ReadEnv, Resolver } from "./resolver.ts";
import { buildSource } from "./source_section.ts";
import { markToken } from "./source_token.ts";
import { createTargetProvider } from "./targets.ts";
import { createTokenFileProvider } from "./token_file.ts";

/** Where a configuration comes from. */
export interface LoadOptions {
  /** Path of sources.yaml; without it (and without `text`) there are only overrides. */
  readonly file?: string;
  /** The text to parse instead of the file; `file` is then only its name. */
  readonly text?: string;
  readonly overrides?: Overrides;
  readonly env: ReadEnv;
  /** For problems that a command solves; by default as in a clone of the repository. */
  readonly describeCommand?: DescribeCommand;
  readonly reader?: FileReader;
  /** Other providers. A source in the file or on the command line replaces one of theirs with the same name. */
  readonly providers?: readonly SourceProvider[];
}

/** A configuration, and the absolute paths of every file that it was read from. */
export interface Loaded {
  readonly config: Config;
  readonly files: readonly string[];
  /** Renamed keys, which the next release will refuse, and lines of token files that are left out. */
  readonly warnings: readonly Problem[];
}

/**
 * Reads, checks and resolves a whole configuration.
 * @throws ConfigError with every problem.
 */
export async function loadConfig(options: LoadOptions): Promise<Loaded> {
  const { env, reader = createFileReader(), overrides = {}, describeCommand = describeTask } = options;
  const file = await createFileProvider({ file: options.file, text: options.text, reader }).read();
  const all = await readProviders(file, { ...options, reader });
  const resolvers = new Map(all.map(({ provided }) => [provided, new Resolver({ ...provided, env, reader })]));
  const resolverOf = (provided: Provided) => resolvers.get(provided)!;
  const { merged, warnings } = await dropNamedTokens(mergeSources(all));
  const config = await build({ file, merged, resolverOf, overrides });
  const problems = (await Promise.all(all.map(({ provided }) => listProblems(provided, resolverOf(provided))))).flat();
  const hinted = problems.map((problem) => ({ ...problem, message: describeHints(problem.message, describeCommand) }));
  const files = all.flatMap(({ provided }) => [...provided.files, ...resolverOf(provided).files]);
  if (config === undefined || problems.length > 0) throw new ConfigError(hinted, files);
  return {
    config: freezeDeeply(config),
    files,
    warnings: [...all.flatMap(({ provided }) => provided.warnings ?? []), ...warnings],
  };
}

/** Drops tokens that are also the name of a source, because one address cannot open both: the name has precedence. */
async function dropNamedTokens(all: ReadonlyMap<string, MergedSource>) {
  const merged = new Map(all);
  const warnings: Problem[] = [];
  if (!all.values().some(({ written }) => written.tokenHash !== undefined)) return { merged, warnings };
  const giveWay = createGiveWay();
  for (const [name, { written }] of all) {
    if (written.tokenHash !== undefined) continue;
    await giveWay();
    const mark = markToken(name);
    if (all.get(mark.name)?.written.tokenHash !== mark.tokenHash) continue;
    merged.delete(mark.name);
    const message = "this name is also a token in a token file, where it is left out";
    warnings.push({ path: formatPath(["sources", name]), message });
  }
  return { merged, warnings };
}

/** Reads all providers, in ascending precedence: of two sources with the same name, the later one is kept. */
async function readProviders(
  file: ProvidedFile,
  options: LoadOptions & { reader: FileReader },
): Promise<NamedProvided[]> {
  const { overrides: { tokenFiles = [], targets = new Map() } = {}, reader, providers = [] } = options;
  const read = async (provider: SourceProvider) => ({ origin: provider.origin, provided: await provider.read() });
  return [
    ...await Promise.all(providers.map(read)),
    { origin: "file", provided: file },
    await read(createTokenFileProvider(tokenFiles, reader)),
    await read(createTargetProvider(targets)),
  ];
}

interface BuildParts {
  readonly file: ProvidedFile;
  readonly merged: ReadonlyMap<string, MergedSource>;
  readonly resolverOf: (provided: Provided) => Resolver;
  readonly overrides: Overrides;
}

async function build({ file, merged, resolverOf, overrides }: BuildParts): Promise<Config | undefined> {
  const { sections } = file;
  const resolver = resolverOf(file);
  // A token file may be empty: removing its last token closes that screen, and is not a mistake.
  if (file.lacksSources && merged.size === 0 && !overrides.tokenFiles?.length) {
    resolver.complain(["sources"], "is missing");
  }
  const sources = await buildSources({ file, merged, resolverOf, overrides });
  if (sections === undefined) return undefined;
  const gateway = await buildGateway(sections.gateway, overrides, resolver);
  const auth = await buildAuth(sections.auth, overrides.open ?? false, resolver);
  if (auth.mode === "methods" && auth.proxy?.headers && gateway.trustedProxies.length === 0) {
    const message = "needs gateway.trusted_proxies: these headers are accepted only from trusted proxies";
    resolver.complain(["auth", "proxy", "headers"], message);
  }
  return { gateway, auth, limits: buildLimits(sections.limits), sources };
}

async function buildSources({ file, merged, resolverOf }: BuildParts): Promise<Map<string, SourceConfig>> {
  const defaults = { written: file.sections?.defaults ?? {}, resolver: resolverOf(file) };
  const giveWay = createGiveWay();
  const sources = new Map<string, SourceConfig>();
  for (const [name, { origin, written, provided }] of merged) {
    await giveWay();
    const source = await buildSource({ name, origin, written, resolver: resolverOf(provided), defaults });
    sources.set(name, freezeDeeply(source));
  }
  return sources;
}

/** Everything that is wrong with what one provider has, in the order of its files. */
async function listProblems({ problems, placeComplaints }: Provided, { complaints }: Resolver): Promise<Problem[]> {
  if (complaints.length === 0) return sort(problems);
  const placed = await placeComplaints?.(complaints) ??
    complaints.map(({ path, message }) => ({ path: formatPath(path), message }));
  return sort([...problems, ...placed]);
}

/** Sorts by file, then from top to bottom; problems without a place come last. */
function sort(problems: readonly Problem[]): Problem[] {
  const byPlace = (a: Problem, b: Problem) =>
    (a.line ?? Infinity) - (b.line ?? Infinity) || (a.column ?? 0) - (b.column ?? 0);
  return [...Map.groupBy(problems, ({ file }) => file).values()].flatMap((ofOneFile) => ofOneFile.sort(byPlace));
}
