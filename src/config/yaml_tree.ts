/** The tree of a YAML document, with the offset of each node, and every syntax error with its place. */
import { type Document, parseAllDocuments, type ScalarTag, type YAMLError } from "yaml";
import { findPlace } from "./place.ts";
import { ConfigError, type Problem } from "./problem.ts";

const MAX_SYNTAX_PROBLEMS = 20;

/** `!!float 3`: with its tag, a float needs no decimal point (YAML 1.2 section 10.3.2). `yaml` does not support this. */
const wholeFloat: ScalarTag = {
  tag: "tag:yaml.org,2002:float",
  default: true,
  test: /^[-+]?[0-9]+$/,
  resolve: Number,
};

/**
 * Parses one document; undefined when there is none. Only the tags of the core schema are known, `<<` is a key like any
 * other, and `%YAML 1.1` changes nothing.
 * @throws ConfigError with every syntax error.
 */
export function parseTree(text: string): Document.Parsed | undefined {
  const parsed = parseAllDocuments(text, {
    schema: "core",
    customTags: (tags) => [...tags, wholeFloat],
    merge: false,
    resolveKnownTags: false,
    uniqueKeys: false, // Takes quadratic time; readValue() checks this.
    prettyErrors: false,
    logLevel: "silent",
  });
  const [first, second] = [...parsed];
  const errors = [...first?.errors ?? [], ...first?.warnings ?? []];
  if (errors[0]?.code === "RESOURCE_EXHAUSTION") throw nestedTooDeeply();
  const problems = errors.slice(0, MAX_SYNTAX_PROBLEMS).map((error) => explainError(error, text));
  if (second !== undefined && problems.length === 0) {
    problems.push({ path: "", message: "must be one document, not several", ...findPlace(text, second.range[0]) });
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return first;
}

/** The document is nested too deeply for the readers. */
export function nestedTooDeeply(): ConfigError {
  return new ConfigError([{ path: "", message: "is nested too deeply", line: 1, column: 1 }]);
}

/** A parser's message without the text that it quotes, which may be a password that the user forgot to quote. */
export function hideText(message: string): string {
  return message.replace(/".*"|!<.*>/s, "…");
}

function explainError({ code, message, pos }: YAMLError, text: string): Problem {
  return { path: "", message: explainSyntax(code, message, text, pos[0]), ...findPlace(text, pos[0]) };
}

function explainSyntax(code: string, message: string, text: string, offset: number): string {
  if (code === "TAB_AS_INDENT") return "must be indented with spaces, not tabs";
  if (code === "TAG_RESOLVE_FAILED") return "has an unknown tag: put text that begins with ! in quotes";
  if (code === "BAD_DQ_ESCAPE") return "has an invalid escape sequence: use single quotes for a literal backslash";
  const line = text.slice(text.lastIndexOf("\n", offset - 1) + 1).split("\n", 1)[0] ?? "";
  if (/\[[\da-f:.]*:[\da-f:.]*\]:\d/i.test(line)) {
    return `must have an address with brackets in quotes, such as "[::1]:5900"`;
  }
  return `is not valid YAML: ${hideText(message.replace(/(\w): .*/s, "$1"))}`;
}
