/** Permissions: what somebody may do with a source. */
import type { SourceConfig } from "../config/config.ts";
import type { Identity, Role } from "./access.ts";

/** What of an identity decides. */
type Principal = Pick<Identity, "name" | "groups" | "admin" | "bounds">;

/**
 * The role on a source, or null for a source that is to look as if it did not exist.
 *
 * Admins open everything. With an `allow` list, those in it control and those in `view` look on; without one, those in
 * `view` look on and everybody else who signed in controls. The credential's own bounds narrow what comes out.
 */
export function decideRole(identity: Principal, source: SourceConfig): Role | null {
  const { bounds = {} } = identity;
  if (bounds.sources && !bounds.sources.includes(source.name)) return null;
  const granted = bounds.guest ? bounds.role ?? "view" : grant(identity, source);
  if (granted === null) return null;
  return source.viewOnly || bounds.role === "view" ? "view" : granted;
}

function grant(identity: Principal, source: SourceConfig): Role | null {
  if (identity.admin) return "control";
  const { allow, view = [] } = source;
  if (allow && isNamed(identity, allow)) return "control";
  if (isNamed(identity, view)) return "view";
  return allow ? null : "control";
}

/** Whether a list of users, `group:NAME` and `token:NAME` names this one. */
export function isNamed({ name, groups }: Pick<Identity, "name" | "groups">, list: readonly string[]): boolean {
  return list.some((entry) => entry === name || (entry.startsWith("group:") && groups.includes(entry.slice(6))));
}
