/**
 * A second reading of a YAML text, by `@std/yaml`. Its core schema keeps rules of YAML 1.1 (017 is 15, 1_000 is 1000,
 * 0o17 is text), so it reads with the failsafe schema: structure, and scalars as text. Only the tree decides what the text
 * of a scalar means.
 */
import { parse, YamlSyntaxError } from "@std/yaml";
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, Lexer, type Node, type Pair } from "yaml";
import { findPlace } from "./place.ts";
import { ConfigError } from "./problem.ts";
import { hideText } from "./yaml_tree.ts";
import { readKey } from "./yaml_value.ts";

/**
 * Compares the tree with the second reading of its text.
 * @throws ConfigError with the place of the first difference, or of an error that only this reader finds.
 */
export function confirmReading(document: Document.Parsed, text: string): void {
  const difference = findDifference(document, readText(text));
  if (difference === undefined) return;
  const message = "is ambiguous: YAML parsers disagree about it; put it in quotes or write it more simply";
  throw refuse(message, text, difference.range?.[0] ?? 0);
}

function readText(text: string): unknown {
  try {
    return parse(asText(text), { schema: "failsafe" });
  } catch (error) {
    if (!(error instanceof YamlSyntaxError)) throw error;
    const [reason = ""] = error.message.split(" at line ");
    throw refuse(`is not valid YAML: ${hideText(reason)}`, text, error.offset);
  }
}

/** Replaces the scalar tags of the core schema with !!str, the only one that the failsafe schema knows. */
function asText(text: string): string {
  // Finding the tags takes most of the time of this reading.
  if (!text.includes("!!")) return text;
  let parts = "";
  let isContent = false;
  for (const lexeme of new Lexer().lex(text)) {
    const isMark: boolean = !isContent && MARKS.has(lexeme);
    const isTag = !isContent && /^!!(null|bool|int|float)$/.test(lexeme);
    if (!isMark) parts += isTag ? "!!str".padEnd(lexeme.length) : lexeme;
    isContent = isMark && lexeme === BEFORE_CONTENT;
  }
  return parts;
}

/** The mark that the lexer of `yaml` puts before the content of a scalar. */
const BEFORE_CONTENT = "\x1f";
const MARKS: ReadonlySet<string> = new Set(["\x02", "\x18", BEFORE_CONTENT]);

/** The first node that is missing or different in the second reading. */
function findDifference(document: Document.Parsed, reading: unknown): Node | undefined {
  const anchors = new Map<string, unknown>();

  function compare(node: unknown, value: unknown, parent: Node): Node | undefined {
    if (isAlias(node)) return anchors.get(node.source) === value ? undefined : node;
    if (!isNode(node)) return value === null ? undefined : parent;
    note(node, value);
    if (isMap(node)) return compareMap(node, node.items, value);
    if (isSeq(node)) return compareList(node, node.items, value);
    return isScalar(node) && isSameText(node, value) ? undefined : node;
  }

  function compareMap(node: Node, pairs: readonly Pair[], value: unknown): Node | undefined {
    if (!isObject(value) || Array.isArray(value) || Object.keys(value).length !== pairs.length) return node;
    for (const { key, value: part } of pairs) {
      const name = isAlias(key) ? String(anchors.get(key.source)) : readKey(key);
      if (name === undefined || !Object.hasOwn(value, name)) return key as Node;
      note(key as Node, name);
      const difference = compare(part, value[name], key as Node);
      if (difference !== undefined) return difference;
    }
  }

  function compareList(node: Node, items: readonly unknown[], value: unknown): Node | undefined {
    if (!Array.isArray(value) || value.length !== items.length) return node;
    for (const [index, item] of items.entries()) {
      const difference = compare(item, value[index], node);
      if (difference !== undefined) return difference;
    }
  }

  function note(node: Node, value: unknown): void {
    if (!isAlias(node) && node.anchor !== undefined) anchors.set(node.anchor, value);
  }

  return compare(document.contents, reading, document.contents as Node);
}

/** An empty plain scalar is null in both; with a tag, `@std/yaml` may read it as empty text. */
function isSameText(node: { source?: string; type?: string; tag?: string }, value: unknown): boolean {
  const isEmpty = node.type === "PLAIN" && node.source === "";
  if (isEmpty) return value === null || (node.tag !== undefined && value === "");
  return node.source === value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function refuse(message: string, text: string, offset: number): ConfigError {
  return new ConfigError([{ path: "", message, ...findPlace(text, offset) }]);
}
