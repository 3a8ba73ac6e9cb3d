/** Problems of a configuration, as data. */

/** The keys and indexes that lead to a value of sources.yaml. */
export type Path = readonly (string | number)[];

/** One thing that is wrong. `line` and `column` start at 1; they are absent when the problem is not in a file. */
export interface Problem {
  /** For example `sources.pi.port`; empty for the whole document. */
  readonly path: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  /** A sentence without a full stop. Never contains a secret. */
  readonly message: string;
}

/** Most problems of one file that are reported: each is logged, and shown to administrators. */
export const MAX_PROBLEMS = 100;

/** A configuration that cannot be used, with every reason. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly Problem[];
  /** Absolute paths of all files that were read: a change of one of them may solve the problem. */
  readonly files: readonly string[];

  constructor(problems: readonly Problem[], files: readonly string[] = []) {
    super(problems.map(formatProblem).join("\n"));
    this.problems = problems;
    this.files = files;
  }
}

/** One line in a form that editors can turn into a link: `sources.yaml:12:5: sources.pi.port: must be a number`. */
export function formatProblem({ file, line, column, path, message }: Problem): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(":");
  return [place, path, message].filter((part) => part !== "").join(": ");
}

/** A path as text: `sources.pi.allow[0]`, `sources["192.168.1.20"].port`. */
export function formatPath(path: Path): string {
  return path.map(formatStep).join("").replace(/^\./, "");
}

function formatStep(step: string | number): string {
  if (typeof step === "number") return `[${step}]`;
  return /^[\w-]+$/.test(step) ? `.${step}` : `[${quote(step)}]`;
}

/** Untrusted text in quotes, on one line, cut to about 60 characters. */
export function quote(text: string): string {
  const characters = [...text];
  return JSON.stringify(characters.length > 60 ? `${characters.slice(0, 57).join("")}…` : text);
}
