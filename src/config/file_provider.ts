/** The provider for sources.yaml: its sources, and the other sections. */
import { dirname, resolve } from "node:path";
import type { FileReader } from "../files/file_reader.ts";
import type { CheckedText } from "./checked_text.ts";
import { hintAt } from "./command_hint.ts";
import { ConfigError, type Problem } from "./problem.ts";
import type { Provided, SourceProvider } from "./provider.ts";
import { explainReadError } from "./resolver.ts";
import { checkFile } from "./schema.ts";
import { checkTextAside, placeComplaintsAside } from "./text_thread.ts";
import { MAX_FILE_BYTES } from "./yaml_document.ts";

/** The file of a provider. */
export interface FileOptions {
  /** Path of sources.yaml. Without `file` and `text`, there are no sources, and the sections have their defaults. */
  readonly file?: string | undefined;
  /** The text to parse instead of the file; `file` is then only its name. */
  readonly text?: string | undefined;
  readonly reader: FileReader;
}

/** The content of sources.yaml. */
export interface ProvidedFile extends Provided, CheckedText {
  readonly warnings: readonly Problem[];
}

const NOTHING: CheckedText = { sources: new Map(), problems: [], warnings: [], lacksSources: false };

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
  const name = (problems: readonly Problem[]) => problems.map((problem) => nameFile(problem, file));
  const base = {
    files: file === undefined ? [] : [resolve(file)],
    ...(file !== undefined && { folder: dirname(file) }),
  };
  try {
    const text = options.text ?? (file === undefined ? undefined : await readText(file, options.reader));
    if (text === undefined) return { ...NOTHING, ...base, ...checkFile({}) };
    const { problems, warnings, ...checked } = await checkTextAside(text);
    return {
      ...base,
      ...checked,
      problems: name(problems),
      warnings: name(warnings),
      placeComplaints: async (complaints) => name(await placeComplaintsAside(text, complaints)),
    };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { ...NOTHING, ...base, problems: name(error.problems) };
  }
}

function nameFile(problem: Problem, file: string | undefined): Problem {
  return file === undefined ? problem : { file, ...problem };
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
