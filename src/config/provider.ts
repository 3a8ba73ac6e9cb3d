/** Providers of sources, and how the sources of several become one list. */
import type { PlaceProblem, Problem } from "./problem.ts";
import type { SourceOrigin } from "./config.ts";
import type { WrittenSource } from "./source_section.ts";

/** Something that sources come from. */
export interface SourceProvider {
  /** Its name; each of its sources carries it. */
  readonly origin: SourceOrigin;
  /** Reads what it has now. What is wrong with it is among the problems; it does not reject for that. */
  read(): Promise<Provided>;
  /** Calls back whenever it has something else, unless one of its files says so. Gives back the way to stop. */
  subscribe?(onChange: () => void): () => void;
}

/** What a provider has. */
export interface Provided {
  readonly sources: ReadonlyMap<string, WrittenSource>;
  readonly problems: readonly Problem[];
  /** Absolute paths of the files that it was read from, readable or not. */
  readonly files: readonly string[];
  /** Relative paths in its sources begin here; the working directory when left out. */
  readonly folder?: string;
  /** Gives its place to something that is wrong with a part of one of its sources. */
  readonly placeProblem?: PlaceProblem;
}

/** What a provider has, with the provider's name. */
export interface NamedProvided {
  readonly origin: SourceOrigin;
  readonly provided: Provided;
}

/** One source of the merged list. */
export interface MergedSource extends NamedProvided {
  readonly written: WrittenSource;
}

/** One list by name. Of two sources with the same name the later provider's is kept, at the position of the earlier one. */
export function mergeSources(all: readonly NamedProvided[]): Map<string, MergedSource> {
  const merged = new Map<string, MergedSource>();
  for (const { origin, provided } of all) {
    for (const [name, written] of provided.sources) merged.set(name, { origin, provided, written });
  }
  return merged;
}
