/**
 * One YAML document: its value by the core schema of YAML 1.2, and the place of each part. `yaml` builds the tree,
 * `@std/yaml` reads the same text again, and the document is refused if the two differ.
 */
import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type Pair } from "yaml";
import { findPlace, type Place } from "./place.ts";
import { ConfigError, type Path } from "./problem.ts";
import { confirmReading } from "./yaml_second_reading.ts";
import { nestedTooDeeply, parseTree } from "./yaml_tree.ts";
import { readValue } from "./yaml_value.ts";

/** A document's value and the place of each of its parts. */
export interface YamlDocument {
  readonly value: unknown;
  /** The place of the value or the key at this path; if the path is absent, of the nearest key above it. */
  locate(path: Path, at?: "key" | "value"): Place;
}

/** Enough for 50,000 sources with a title each; a larger file is a mistake (a log, an image). */
export const MAX_FILE_BYTES = 8 << 20;

/**
 * Reads one document.
 * @throws ConfigError with the place of each problem.
 */
export function readYaml(text: string): YamlDocument {
  if (text.length > MAX_FILE_BYTES) throw refuse("must be at most 8 MiB");
  try {
    const document = parseTree(text);
    if (document === undefined || document.contents === null) throw refuse("must not be empty");
    const value = readValue(document, text);
    confirmReading(document, text);
    if (value === null) throw refuse("must not be empty");
    return { value, locate: (path, at = "value") => locateIn(document, text, path, at) };
  } catch (error) {
    // Each reader is recursive; a RangeError is a stack overflow.
    throw error instanceof RangeError ? nestedTooDeeply() : error;
  }
}

function refuse(message: string): ConfigError {
  return new ConfigError([{ path: "", message, line: 1, column: 1 }]);
}

function locateIn(document: Document.Parsed, text: string, path: Path, at: "key" | "value"): Place {
  let node: unknown = document.contents;
  let [keyOffset, valueOffset] = [startOf(node), startOf(node)];
  for (const step of path) {
    const pair = findPair(isAlias(node) ? node.resolve(document) : node, step);
    if (pair === undefined) return findPlace(text, keyOffset);
    keyOffset = startOf(pair.key);
    valueOffset = startOf(pair.value) || keyOffset;
    node = pair.value;
  }
  return findPlace(text, at === "key" ? keyOffset : valueOffset);
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
  return (isNode(node) ? node.range?.[0] : undefined) ?? 0;
}
