import type { SourceConfig } from "../config/config.ts";
import { PortholeError } from "../errors.ts";
import type { SessionRegistry } from "./registry.ts";

/** Ends the sessions whose source was removed or changed; other sessions continue. */
export function endChangedSources(registry: SessionRegistry, sources: ReadonlyMap<string, SourceConfig>): void {
  registry.endWhere(
    ({ source }) => !sources.has(source.name),
    new PortholeError("source_removed", "This screen was removed from the configuration"),
  );
  registry.endWhere(
    ({ source }) => sources.get(source.name) !== source.config,
    new PortholeError("source_changed", "The settings of this screen have changed; it will be back in a moment"),
  );
}
