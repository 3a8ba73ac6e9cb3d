/** What is wrong with a configuration: as data, all of it at once. */

/** The keys and indexes that lead to a value of sources.yaml. */
export type Path = readonly (string | number)[];

/** One thing that is wrong; `line` and `column` count from 1 and are absent where no file is to blame. */
export interface Problem {
  /** As a person would write it: `sources.pi.port`; empty for the whole. */
  readonly path: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  /** A sentence without its full stop; never holds a secret. */
  readonly message: string;
}

/** Makes a problem of something that is wrong at a path, with its place. */
export type PlaceProblem = (path: Path, message: string, at?: "key" | "value") => Problem;

/** For what stands in no file. */
export const placeNowhere: PlaceProblem = (path, message) => ({ path: formatPath(path), message });

/** A configuration that cannot be used, with every reason. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly Problem[];
  /** Absolute paths of every file that took part: a change in one of them may mend it. */
  readonly files: readonly string[];

  constructor(problems: readonly Problem[], files: readonly string[] = []) {
    super(problems.map(formatProblem).join("\n"));
    this.problems = problems;
    this.files = files;
  }
}

/** One line for people, in the form that editors jump to: `sources.yaml:12:5: sources.pi.port: must be a number`. */
export function formatProblem({ file, line, column, path, message }: Problem): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(":");
  return [place, path, message].filter((part) => part !== "").join(": ");
}

/** A path as a person would write it: `sources.pi.allow[0]`, `sources["192.168.1.20"].port`. */
export function formatPath(path: Path): string {
  return path.map(formatStep).join("").replace(/^\./, "");
}

function formatStep(step: string | number): string {
  if (typeof step === "number") return `[${step}]`;
  return /^[\w-]+$/.test(step) ? `.${step}` : `[${quote(step)}]`;
}

/** A text from outside, quoted for a sentence: one line, at most about 60 characters. */
export function quote(text: string): string {
  const characters = [...text];
  return JSON.stringify(characters.length > 60 ? `${characters.slice(0, 57).join("")}…` : text);
}
