/** Providers of sources, and how the sources of several become one list. */
import type { SourceOrigin } from "./config.ts";
import type { Complaint } from "./fields.ts";
import type { Problem } from "./problem.ts";
import type { WrittenSource } from "./source_section.ts";

/** Something that provides sources, such as a file. */
export interface SourceProvider {
  /** The kind of provider; becomes the `origin` of its sources. */
  readonly origin: SourceOrigin;
  /** Reads the sources as they are now. Reports errors as problems instead of rejecting. */
  read(): Promise<Provided>;
  /** Calls back after each change, except changes of its `files`. Returns a function that unsubscribes. */
  subscribe?(onChange: () => void): () => void;
}

/** The sources of a provider, and how it read them. */
export interface Provided {
  readonly sources: ReadonlyMap<string, WrittenSource>;
  readonly problems: readonly Problem[];
  /** What is wrong but does not keep the configuration from being used. */
  readonly warnings?: readonly Problem[];
  /** Absolute paths of its files, readable or not. */
  readonly files: readonly string[];
  /** The folder at which relative paths in its sources start; by default the working directory. */
  readonly folder?: string;
  /** The problems of complaints about its sources, with their places. */
  readonly placeComplaints?: (complaints: readonly Complaint[]) => Promise<readonly Problem[]>;
}

/** The sources of a provider, with its kind. */
export interface NamedProvided {
  readonly origin: SourceOrigin;
  readonly provided: Provided;
}

/** One source of the merged list. */
export interface MergedSource extends NamedProvided {
  readonly written: WrittenSource;
}

/** Merges sources by name. Of two with the same name, the later one is kept, at the position of the earlier one. */
export function mergeSources(all: readonly NamedProvided[]): Map<string, MergedSource> {
  const merged = new Map<string, MergedSource>();
  for (const { origin, provided } of all) {
    for (const [name, written] of provided.sources) merged.set(name, { origin, provided, written });
  }
  return merged;
}
