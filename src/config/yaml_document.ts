/**
 * One YAML document with the place of everything in it. `@std/yaml` says what it means; it gives no positions, so the
 * syntax tree of `yaml` says where each thing stands, and names every syntax error instead of only the first.
 */
import { parse } from "@std/yaml";
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type Node, type Pair, parseAllDocuments } from "yaml";
import { ConfigError, type Path, type Problem } from "./problem.ts";

/** A place in a text; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A document's value and where its parts stand. */
export interface YamlDocument {
  readonly value: unknown;
  /** Where the value at this path stands, or its key; for what is absent, the nearest key above it. */
  locate(path: Path, at?: "key" | "value"): Place;
}

/** Far more than any sources.yaml needs; a file beyond it is a mistake (a log, an image). */
export const MAX_FILE_BYTES = 1 << 20;

/** What aliases may multiply a document to: enough for 512 sources with every key, far from harm. */
const MAX_VALUES = 100_000;

const MAX_SYNTAX_PROBLEMS = 20;

/**
 * Reads one document.
 * @throws ConfigError with every syntax error and its place.
 */
export function readYaml(text: string): YamlDocument {
  if (text.length > MAX_FILE_BYTES) throw refuse("must be at most 1 MiB");
  const [document, problems] = readTree(text);
  if (problems.length > 0) throw new ConfigError(problems);
  if (document === undefined || document.contents === null) throw refuse("must not be empty");
  const value = readValue(text);
  if (value === null || value === undefined) throw refuse("must not be empty");
  if (!isBounded(value)) throw refuse("must not multiply itself through aliases");
  return { value, locate: (path, at = "value") => locateIn(document, text, path, at) };
}

function refuse(message: string, place: Place = { line: 1, column: 1 }): ConfigError {
  return new ConfigError([{ path: "", message, ...place }]);
}

function readTree(text: string): [Document.Parsed | undefined, Problem[]] {
  const parsed = parseAllDocuments(text, {
    prettyErrors: false,
    schema: "core",
    logLevel: "silent",
  });
  const [first, second] = [...parsed];
  const problems = (first?.errors ?? []).slice(0, MAX_SYNTAX_PROBLEMS).map(({ message, code, pos }) => ({
    path: "",
    message: explainSyntax(code, message, text, pos[0]),
    ...findPlace(text, pos[0]),
  }));
  if (first?.errors[0]?.code === "RESOURCE_EXHAUSTION") return [undefined, [nestedTooDeeply()]];
  if (second !== undefined && problems.length === 0) {
    problems.push({ path: "", message: "must be one document, not several", ...findPlace(text, second.range[0]) });
  }
  return [first, problems];
}

function nestedTooDeeply(): Problem {
  return { path: "", message: "must not be nested so deeply", line: 1, column: 1 };
}

function explainSyntax(code: string, message: string, text: string, offset: number): string {
  if (code === "TAB_AS_INDENT") return "must be indented with spaces, not tabs";
  if (code === "TAG_RESOLVE_FAILED") return "has a tag that is not known here: a text that begins with ! needs quotes";
  if (code === "BAD_DQ_ESCAPE") return "has a backslash that means nothing here: single quotes take it as it is";
  if (code === "DUPLICATE_KEY") return "must not have the same key twice";
  const line = text.slice(text.lastIndexOf("\n", offset - 1) + 1).split("\n", 1)[0] ?? "";
  if (/\[[\da-f:.]*:[\da-f:.]*\]:\d/i.test(line)) {
    return `must have an address with brackets in quotes, as "[::1]:5900"`;
  }
  return `is not YAML: ${hideText(message.replace(/(\w): .*/s, "$1"))}`;
}

function readValue(text: string): unknown {
  try {
    return parse(text, { schema: "core" });
  } catch (error) {
    if (error instanceof RangeError) throw new ConfigError([nestedTooDeeply()]);
    throw explainParser(error, text);
  }
}

/**
 * `@std/yaml` puts the place into its message: "Cannot …: reason at line 3, column 5:" and the line itself. At the end of
 * the text, that place can lie one beyond it.
 */
function explainParser(error: unknown, text: string): ConfigError {
  const message = error instanceof Error ? error.message : String(error);
  const [, reason, line, column] = /^([^]*?) at line (\d+), column (\d+)/.exec(message) ?? [];
  if (reason === undefined) return refuse("is not YAML");
  const before = text.split("\n").slice(0, Number(line) - 1).join("\n").length;
  const offset = before + (line === "1" ? 0 : 1) + Number(column) - 1;
  return refuse(`is not YAML: ${hideText(reason)}`, findPlace(text, offset));
}

/** A parser's message without what it cites of the text, which may be a password that should have been in quotes. */
function hideText(message: string): string {
  return message.replace(/".*"|!<.*>/s, "…");
}

/** Whether the value, with every alias written out, stays small; false also when it holds itself. */
function isBounded(value: unknown): boolean {
  const sizes = new Map<object, number>();
  const measure = (part: unknown): number => {
    if (typeof part !== "object" || part === null) return 1;
    const known = sizes.get(part);
    if (known !== undefined) return known;
    sizes.set(part, Infinity);
    const size = Object.values(part).reduce((sum: number, child) => sum + measure(child), 1);
    sizes.set(part, size);
    return size;
  };
  return measure(value) <= MAX_VALUES;
}

function locateIn(document: Document.Parsed, text: string, path: Path, at: "key" | "value"): Place {
  let node: unknown = document.contents;
  let [keyOffset, valueOffset] = [startOf(node), startOf(node)];
  for (const step of path) {
    const pair = findPair(resolve(node, document), step);
    if (pair === undefined) return findPlace(text, keyOffset);
    keyOffset = startOf(pair.key);
    valueOffset = startOf(pair.value) || keyOffset;
    node = pair.value;
  }
  return findPlace(text, at === "key" ? keyOffset : valueOffset);
}

function resolve(node: unknown, document: Document.Parsed): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

function findPair(node: unknown, step: string | number): { key: unknown; value: unknown } | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(step)];
    return item === undefined ? undefined : { key: item, value: item };
  }
  if (!isMap(node)) return undefined;
  return node.items.find((pair: Pair) => isScalar(pair.key) && String(pair.key.value) === String(step));
}

function startOf(node: unknown): number {
  return (isNode(node) ? (node as Node).range?.[0] : undefined) ?? 0;
}

/** Counted here and not by `yaml`, whose LineCounter can miss lines that follow a broken block scalar. */
function findPlace(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: before.length - lineStart + 1 };
}
