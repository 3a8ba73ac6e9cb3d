/** The provider for sources.yaml: its sources, and the other sections. */
import { dirname, resolve } from "node:path";
import type { FileReader } from "../files/file_reader.ts";
import { hintAt } from "./command_hint.ts";
import { isMapping } from "./fields.ts";
import { ConfigError, formatPath, type PlaceProblem, type Problem } from "./problem.ts";
import type { Provided, SourceProvider } from "./provider.ts";
import { renameKeys } from "./renamed_keys.ts";
import { explainReadError } from "./resolver.ts";
import { checkFile, type Sections } from "./schema.ts";
import { MAX_FILE_BYTES, readYaml, type YamlDocument } from "./yaml_document.ts";

/** The file of a provider. */
export interface FileOptions {
  /** Path of sources.yaml. Without `file` and `text`, there are no sources, and the sections have their defaults. */
  readonly file?: string | undefined;
  /** The text to parse instead of the file; `file` is then only its name. */
  readonly text?: string | undefined;
  readonly reader: FileReader;
}

/** The content of sources.yaml. */
export interface ProvidedFile extends Provided {
  readonly placeProblem: PlaceProblem;
  /** Absent when one of the sections is invalid. */
  readonly sections?: Sections;
  /** Whether there is a file without a `sources` section: an error, unless another provider has sources. */
  readonly lacksSources: boolean;
  /** One warning for each renamed key. */
  readonly warnings: readonly Problem[];
}

/** Most problems that are reported for one file, because finding the place of each takes time. */
const MAX_PROBLEMS = 500;

/** A provider of sources that also reads the other sections. */
export interface FileProvider extends SourceProvider {
  read(): Promise<ProvidedFile>;
}

/** Makes the provider for one file. */
export function createFileProvider(options: FileOptions): FileProvider {
  return { origin: "file", read: () => readProvided(options) };
}

async function readProvided(options: FileOptions): Promise<ProvidedFile> {
  const { file } = options;
  const base = {
    files: file === undefined ? [] : [resolve(file)],
    ...(file !== undefined && { folder: dirname(file) }),
  };
  try {
    return { ...base, ...checkDocument(await readDocument(options), file) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const problems = error.problems.map((problem) => nameFile(problem, file));
    return { ...base, sources: new Map(), problems, warnings: [], lacksSources: false, placeProblem: placeIn(file) };
  }
}

function checkDocument(
  document: YamlDocument | undefined,
  file: string | undefined,
): Omit<ProvidedFile, "files" | "folder"> {
  const renamed = renameKeys(document?.value ?? {});
  const { sections, sources, complaints } = checkFile(renamed.value);
  const placeProblem: PlaceProblem = (path, message, at) =>
    placeIn(file, document)(renamed.asWritten(path), message, at);
  const problems = [...renamed.complaints, ...complaints].slice(0, MAX_PROBLEMS);
  return {
    ...(sections && { sections }),
    sources,
    problems: problems.map(({ path, message, at }) => placeProblem(path, message, at)),
    placeProblem,
    lacksSources: document !== undefined && isMapping(document.value) && !Object.hasOwn(document.value, "sources"),
    warnings: renamed.warnings.map(({ path, message, at }) => placeProblem(path, message, at)),
  };
}

function placeIn(file: string | undefined, document?: YamlDocument): PlaceProblem {
  return (path, message, at) => nameFile({ path: formatPath(path), message, ...document?.locate(path, at) }, file);
}

function nameFile(problem: Problem, file: string | undefined): Problem {
  return file === undefined ? problem : { file, ...problem };
}

async function readDocument({ file, text, reader }: FileOptions): Promise<YamlDocument | undefined> {
  if (text !== undefined) return readYaml(text);
  return file === undefined ? undefined : readYaml(await readText(file, reader));
}

async function readText(file: string, reader: FileReader): Promise<string> {
  const bytes = await reader.read(file, MAX_FILE_BYTES).catch((error) => {
    const advice = error instanceof Deno.errors.NotFound ? ` (${hintAt("init")} writes one)` : "";
    throw refuse(`cannot be read: ${explainReadError(error)}${advice}`);
  });
  const text = decode(bytes);
  if (text === undefined) throw refuse("is not valid UTF-8 text", { line: findBadLine(bytes), column: 1 });
  return text;
}

function refuse(message: string, place: { line?: number; column?: number } = {}): ConfigError {
  return new ConfigError([{ path: "", message, ...place }]);
}

/** The text without its byte order mark. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The first invalid line. In UTF-8, a line feed is never part of another character, so lines can be decoded singly. */
function findBadLine(bytes: Uint8Array): number {
  let [line, start] = [1, 0];
  for (;; line++) {
    const end = bytes.indexOf(10, start);
    if (end === -1 || decode(bytes.subarray(start, end)) === undefined) return line;
    start = end + 1;
  }
}
