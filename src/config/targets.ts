/** Sources named on the command line: `HOST[:PORT]` or `NAME=HOST[:PORT]`. */
import { basename } from "node:path";
import { parseTarget } from "./address.ts";
import type { Address } from "./config.ts";
import { quote } from "./problem.ts";
import type { SourceProvider } from "./provider.ts";
import { explainName, SOURCE_NAME } from "./source_name.ts";

/** The provider of the sources on the command line. */
export function createTargetProvider(targets: ReadonlyMap<string, Address>): SourceProvider {
  const sources = new Map([...targets].map(([name, target]) => [name, { target }]));
  return { origin: "target", read: () => Promise.resolve({ sources, problems: [], files: [] }) };
}

/**
 * The targets by name, in order. A target without a name gets the first of these names that is free: its host, its host
 * and port, or those and a number.
 * @throws the error that `fail` makes of a sentence, for an invalid target or name, or a name that is used twice.
 */
export function nameTargets(words: readonly string[], fail: (message: string) => Error): Map<string, Address> {
  const targets = words.map((word) => readTarget(word, fail));
  const taken = new Set<string>();
  for (const { name, word } of targets) {
    if (name === undefined) continue;
    if (taken.has(name)) throw fail(`Target ${quote(word)} has the name of another target`);
    taken.add(name);
  }
  return new Map(targets.map(({ name, address }) => [name ?? inventName(address, taken), address]));
}

function readTarget(word: string, fail: (message: string) => Error): { word: string; name?: string; address: Address } {
  const at = word.indexOf("=");
  const name = at === -1 ? undefined : word.slice(0, at);
  if (name !== undefined && !SOURCE_NAME.test(name)) throw fail(`Target ${quote(word)} ${explainName(name)}`);
  try {
    return { word, ...(name !== undefined && { name }), address: parseTarget(word.slice(at + 1)) };
  } catch (error) {
    throw error instanceof SyntaxError ? fail(`Target ${quote(word)} ${error.message}`) : error;
  }
}

function inventName(address: Address, taken: Set<string>): string {
  const [plain, exact] = address.kind === "unix"
    ? [basename(address.path), basename(address.path)]
    : [address.hostname, `${address.hostname}-${address.port}`];
  const numbered = Array.from({ length: taken.size + 1 }, (_, index) => `${exact}-${index + 2}`);
  const name = [plain, exact, ...numbered].map(makeLegal).find((candidate) => !taken.has(candidate))!;
  taken.add(name);
  return name;
}

/** Long names are cut in the middle, because a port or number at the end distinguishes them. */
function makeLegal(text: string): string {
  const legal = text.replaceAll(/[^A-Za-z0-9._-]+/g, "-").replace(/^[^A-Za-z0-9]+/, "") || "source";
  return legal.length <= 64 ? legal : `${legal.slice(0, 48)}-${legal.slice(-15)}`;
}
