/** Which settings of a source its sessions take up while they are open. */
import type { SourceConfig } from "./config.ts";
import { isSame } from "./same.ts";

/**
 * Settings that say nothing of how the source is reached, who logs in to it and what the gateway lets pass. All others,
 * and whatever is added, end the sessions of the source when they change.
 */
const TAKEN_UP: ReadonlySet<string> = new Set<keyof SourceConfig>([
  "title",
  "group",
  "allow",
  "view",
  "clipboardLimitBytes",
  "keepaliveMs",
  "connectTimeoutMs",
  "loginTimeoutMs",
  "look",
  "prewarm",
]);

/** Whether a source with the one configuration can go on with the other. */
export function canTakeUp(before: SourceConfig, after: SourceConfig): boolean {
  return before === after || isSame(listFixed(before), listFixed(after));
}

function listFixed(source: SourceConfig): Record<string, unknown> {
  return Object.fromEntries(Object.entries(source).filter(([key]) => !TAKEN_UP.has(key)));
}
