/** The value of a YAML tree as plain objects, arrays and scalars. */
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { findPlace } from "./place.ts";
import { ConfigError, MAX_PROBLEMS, type Problem } from "./problem.ts";

/** Most values, with every alias expanded: enough for 50,000 sources of eight keys. */
const MAX_VALUES = 500_000;

type Complain = (node: unknown, message: string) => void;

/**
 * The document's value. An alias is the same object as its anchor.
 * @throws ConfigError for keys that are not text, duplicate keys, and aliases that expand to too many values.
 */
export function readValue(document: Document.Parsed, text: string): unknown {
  const problems: Problem[] = [];
  const complain: Complain = (node, message) => {
    if (problems.length >= MAX_PROBLEMS) return;
    const offset = (node as Node | null)?.range?.[0] ?? 0;
    problems.push({ path: "", message, ...findPlace(text, offset) });
  };
  const value = new TreeReader(complain).read(document.contents);
  if (problems.length === 0 && !isBounded(value)) {
    complain(document.contents, "expands to too many values through aliases");
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return value;
}

/** A scalar as a key; undefined if its value is not spelled like its text: 5901 and true are keys, 017 and ~ are not. */
export function readKey(node: unknown): string | undefined {
  if (!isScalar(node)) return undefined;
  const { value, source } = node as Scalar;
  return typeof value === "string" || String(value) === source ? String(value) : undefined;
}

/** Walks a tree in text order, so that an alias refers to the latest anchor of its name before it. */
class TreeReader {
  readonly #anchors = new Map<string, unknown>();
  readonly #complain: Complain;

  constructor(complain: Complain) {
    this.#complain = complain;
  }

  read(node: unknown): unknown {
    if (isAlias(node)) return this.#follow(node);
    if (isMap(node)) return this.#readMap(node);
    if (isSeq(node)) return this.#readList(node);
    return isScalar(node) ? this.#note(node, node.value) : null;
  }

  #readMap(node: YAMLMap): unknown {
    const value = this.#note<Record<string, unknown>>(node, {});
    for (const { key, value: part } of node.items) {
      const name = this.#readName(key);
      if (name === undefined) this.#complain(key ?? node, "must be text: put it in quotes");
      else if (Object.hasOwn(value, name)) this.#complain(key, "must not have the same key twice");
      define(value, name ?? "", this.read(part));
    }
    return value;
  }

  #readName(key: unknown): string | undefined {
    if (!isAlias(key)) return isScalar(key) ? this.#note(key, readKey(key)) : undefined;
    const value = this.#follow(key);
    return typeof value === "string" ? value : undefined;
  }

  #readList(node: YAMLSeq): unknown {
    const value = this.#note<unknown[]>(node, []);
    for (const item of node.items) value.push(this.read(item));
    return value;
  }

  #follow(alias: Alias): unknown {
    const isKnown = this.#anchors.has(alias.source);
    if (!isKnown) this.#complain(alias, "refers to a missing anchor: put text that begins with * in quotes");
    return this.#anchors.get(alias.source);
  }

  #note<T>(node: { anchor?: string | undefined }, value: T): T {
    if (node.anchor !== undefined) this.#anchors.set(node.anchor, value);
    return value;
  }
}

/** Sets a property. An assignment to `__proto__` would set the prototype. */
function define(object: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}

/** Whether the value stays small with every alias expanded; false also when it contains itself. */
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
