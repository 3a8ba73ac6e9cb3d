/** The text of sources.yaml, read and checked. Everything here is plain data, which a thread can send. */
import { type Complaint, isMapping } from "./fields.ts";
import { ConfigError, formatPath, MAX_PROBLEMS, type Problem } from "./problem.ts";
import { renameKeys } from "./renamed_keys.ts";
import { checkFile, type Sections } from "./schema.ts";
import type { WrittenSource } from "./source_section.ts";
import { readYaml, type YamlDocument } from "./yaml_document.ts";

/** What a text says, and what is wrong with it. Problems have their place in the text, and no file. */
export interface CheckedText {
  /** Absent when one of the sections is invalid. */
  readonly sections?: Sections;
  readonly sources: ReadonlyMap<string, WrittenSource>;
  readonly problems: readonly Problem[];
  /** One warning for each renamed key. */
  readonly warnings: readonly Problem[];
  /** Whether there is no `sources` section. */
  readonly lacksSources: boolean;
}

/** Reads and checks a text. Never throws a ConfigError: what is wrong is in `problems`. */
export function checkText(text: string): CheckedText {
  try {
    return checkDocument(readYaml(text));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { sources: new Map(), problems: error.problems, warnings: [], lacksSources: false };
  }
}

/** The problems of complaints about a text that was read before. */
export function placeComplaints(text: string, complaints: readonly Complaint[]): readonly Problem[] {
  const document = readYaml(text);
  const { asWritten } = renameKeys(document.value);
  return placeFirst(complaints.map(({ path, ...others }) => ({ path: asWritten(path), ...others })), document);
}

function checkDocument(document: YamlDocument): CheckedText {
  const { value } = document;
  const renamed = renameKeys(value);
  const { sections, sources, complaints } = checkFile(renamed.value);
  const found = [...renamed.complaints, ...complaints].map(({ path, ...others }) => ({
    path: renamed.asWritten(path),
    ...others,
  }));
  return {
    ...(sections && { sections }),
    sources,
    problems: placeFirst(found, document),
    warnings: placeFirst(renamed.warnings, document),
    lacksSources: isMapping(value) && !Object.hasOwn(value, "sources"),
  };
}

/** The problems of the first complaints, with their places. */
function placeFirst(complaints: readonly Complaint[], { locate }: YamlDocument): Problem[] {
  const problems = complaints.slice(0, MAX_PROBLEMS).map(({ path, message, at }) => ({
    path: formatPath(path),
    message,
    ...locate(path, at),
  }));
  if (complaints.length === problems.length) return problems;
  return [...problems, { path: "", message: `has more problems; these are the first ${MAX_PROBLEMS}` }];
}
