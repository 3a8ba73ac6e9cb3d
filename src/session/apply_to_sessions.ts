import type { SourceConfig } from "../config/config.ts";
import { PortholeError } from "../errors.ts";
import type { SessionRegistry } from "./registry.ts";

/**
 * Applies changed sources to the sessions: those whose source was removed, or could not take up its new settings, end;
 * the pages of the others are told of the new settings.
 */
export function applyToSessions(registry: SessionRegistry, sources: ReadonlyMap<string, SourceConfig>): void {
  registry.endWhere(
    ({ source }) => !sources.has(source.name),
    new PortholeError("source_removed", "This screen was removed from the configuration"),
  );
  registry.endWhere(
    ({ source }) => sources.get(source.name) !== source.config,
    new PortholeError("source_changed", "The settings of this screen have changed; it will be back in a moment"),
  );
  for (const session of registry.list()) session.greet();
}
